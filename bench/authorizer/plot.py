"""The decisions of a run as a picture: horizontal bars by algorithm, readable on light and on dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.authorizer.figures import Figure, named
from bench.authorizer.table import NODE, ROWS

from gatefleet.contract.entities import Algorithm

_WIDTH, _LABELS, _BAR, _STEP, _GROUP = 960, 250, 15, 21, 30
_TOP, _BOTTOM = 92, 44
_ROOM = _WIDTH - _LABELS - 150  # for the longest bar; figures stand behind it
_SAID = "Microseconds of CPU; in brackets, multiples of the signature check alone (same primitive, same run)."
_STYLE = """\
svg{color-scheme:light dark;background:#fff}
text{font-size:13px;fill:#424a53} .h{font-size:18px;font-weight:600;fill:#1f2328} .g{font-weight:600;fill:#1f2328}
.l{text-anchor:end} .x{text-anchor:middle;font-size:12px} line{stroke:#d1d9e0}
.bare{fill:#8c959f} .own{fill:#0969da} .again{fill:#54aeff} .peer{fill:#bf8700}
@media (prefers-color-scheme:dark){
svg{background:#0d1117} text{fill:#b1bac4} .h,.g{fill:#f0f6fc} line{stroke:#30363d}
.bare{fill:#6e7681} .own{fill:#4493f8} .again{fill:#1f6feb} .peer{fill:#d29922}
}"""


def plot(node: Sequence[Figure], rust: Sequence[Figure]) -> str:
    """One SVG document."""
    groups = [(alg, _bars(alg, node, rust)) for alg in Algorithm]
    longest = max(figure.value for _, bars in groups for _, _, figure in bars)
    step = _tick(longest)
    scale = _ROOM / longest
    height = _TOP + sum(_GROUP + _STEP * len(bars) for _, bars in groups) + _BOTTOM
    body = "\n".join([*_grid(step, longest, scale, height), *_groups(groups, scale)])
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="title desc" \
font-family="system-ui, sans-serif">
<title id="title">What a decision costs</title>
<desc id="desc">{_told(groups)}</desc>
<style>
{_STYLE}
</style>
<text class="h" x="20" y="32">What a decision costs: event JSON in, response JSON out</text>
<text x="20" y="54">{_SAID}</text>
<text x="20" y="72">One gateway of 20,000 routes, 10,000 clients. Each token is new, unless it was seen before.</text>
{body}
</svg>
"""


_Bar = tuple[str, str, Figure]  # title, class, figure


def _bars(alg: Algorithm, node: Sequence[Figure], rust: Sequence[Figure]) -> list[_Bar]:
    bars = []
    for title, program, name in ROWS:
        figure = named(node if program == NODE else rust, f"{name} {alg}")
        if figure is not None:
            kind = "peer" if "Map" in name else {"decision": "own", "decision again": "again"}.get(name, "bare")
            bars.append((title, kind, figure))
    return bars


def _grid(step: int, longest: float, scale: float, height: int) -> Iterator[str]:
    for tick in range(0, int(longest / 1000) + 1, step):
        x = _LABELS + tick * 1000 * scale
        yield f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{height - _BOTTOM + 4}"/>'
        yield f'<text class="x" x="{x:.1f}" y="{height - _BOTTOM + 22}">{tick} µs</text>'


def _groups(groups: Sequence[tuple[Algorithm, list[_Bar]]], scale: float) -> Iterator[str]:
    y = _TOP
    for alg, bars in groups:
        yield f'<text class="g" x="20" y="{y + 18}">{alg}</text>'
        y += _GROUP - 4
        for title, kind, figure in bars:
            width, middle = figure.value * scale, y + _BAR - 3
            ratio = "" if figure.ratio is None else f"  ({figure.ratio:.2f} x)"
            yield f'<text class="l" x="{_LABELS - 10}" y="{middle}">{title}</text>'
            yield f'<rect class="{kind}" x="{_LABELS}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2"/>'
            yield f'<text x="{_LABELS + width + 8:.1f}" y="{middle}">{figure.value / 1000:.1f}{ratio}</text>'
            y += _STEP
        y += 4


def _tick(longest: float) -> int:
    return next(step for step in (10, 25, 50, 100, 250, 500, 1000, 10000) if longest / 1000 / step <= 8)


def _told(groups: Sequence[tuple[Algorithm, list[_Bar]]]) -> str:
    sentences = []
    for alg, bars in groups:
        ratios = [f"{title} {figure.ratio:.2f}" for title, _, figure in bars if figure.ratio is not None]
        sentences.append(f"{alg}, multiples of the signature check alone: {', '.join(ratios)}.")
    return " ".join(sentences)
