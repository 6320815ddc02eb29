"""The one table of a run, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.authorizer.figures import Figure, named

from gatefleet.contract.entities import Algorithm

RUST, NODE = "Rust", "Node"
# Title, program, name of the figure without its algorithm.
ROWS = (
    ("ring alone", RUST, "bare check"),
    ("Rust build", RUST, "decision"),
    ("Rust build, token seen before", RUST, "decision again"),
    ("node:crypto alone", NODE, "bare check"),
    ("Node build", NODE, "decision"),
    ("Node build, token seen before", NODE, "decision again"),
    ("aws-jwt-verify and a Map", NODE, "aws-jwt-verify and a Map"),
    ("jose and a Map", NODE, "jose and a Map"),
)
_TITLE, _CELL = 34, 17


def table(node: Sequence[Figure], rust: Sequence[Figure], start: Sequence[Figure]) -> Iterator[str]:
    """A decision from event JSON to response JSON by algorithm, then everything else beside its baseline."""
    yield "event JSON in, response JSON out: CPU, and the multiple of the primitive alone in the same program"
    yield f"{'':<{_TITLE}}" + "".join(f"{alg:>{_CELL}}" for alg in Algorithm)
    for title, program, name in ROWS:
        figures = node if program == NODE else rust
        yield f"{title:<{_TITLE}}" + "".join(f"{_cell(named(figures, f'{name} {alg}')):>{_CELL}}" for alg in Algorithm)
    for program, figures in ((RUST, rust), (NODE, node), ("", start)):
        rest = [figure for figure in figures if not figure.name.endswith(tuple(Algorithm))]
        for figure in rest:
            title = f"{program} {figure.name}".strip()
            beside = f" x {figure.baseline}" if figure.baseline else ""
            yield f"{title:<{_TITLE + 12}}{amount(figure):>12}" + (f"{_ratio(figure):>9}{beside}" if beside else "")


def amount(figure: Figure) -> str:
    """Time or memory in the unit that fits."""
    if figure.baseline == "source JSON":
        return f"{figure.value / 1e6:.1f} MB"
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if figure.value >= size:
            return f"{figure.value / size:.1f} {unit}"
    return f"{figure.value:.0f} ns"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    return amount(figure) if figure.ratio is None else f"{amount(figure)} {_ratio(figure):>5}"


def _ratio(figure: Figure) -> str:
    ratio = figure.ratio or 0
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.2f}" if ratio >= 0.01 else f"{ratio:.4f}"
