"""Both builds' decisions beside the bare signature check, a JWT library and a map, and the `cedar-policy` crate.

One workload for all (`workload.py`), made in this run. Each program takes its works in turn, and tells CPU time as a
multiple of the bare check by the primitive that it uses itself. Figures and plot are left in `bench/results/`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.authorizer.figures import Figure, node_figures, rust_figures
from bench.authorizer.plot import plot
from bench.authorizer.start import start_figures
from bench.authorizer.start_rust import rust_start_figures
from bench.authorizer.table import table
from bench.authorizer.workload import write_workload

RESULTS = Path(__file__).parents[1] / "results"


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        workload = Path(name, "workload.json")
        write_workload(workload)
        node, rust = node_figures(workload), rust_figures(workload)
        start = [*start_figures(Path(name)), *rust_start_figures(Path(name))]
    yield from table(node, rust, start)
    RESULTS.mkdir(exist_ok=True)
    figures = {"node": node, "rust": rust, "start": start}
    (RESULTS / "authorizer.json").write_text(json.dumps(figures, default=Figure.to_json, indent=1) + "\n")
    (RESULTS / "authorizer.svg").write_text(plot(node, rust))
    yield f"written: {RESULTS.name}/authorizer.json, {RESULTS.name}/authorizer.svg"
