"""How soon a policy is in effect, on real Kafka and real Lambda processes: cold starts, freezes, followers, merges.

make bench ARGS=freshness             all of it, about half an hour
make bench ARGS=freshness.cold        only cold starts; so also freshness.freezes, .outage, .storm, .followers, .merge

Every figure is of this machine, whatever else it does; the first line says how busy it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from bench.freshness import cold, followers, freezes, merge, outage, storm


def run() -> Iterator[str]:
    yield f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    for part in (cold, freezes, outage, storm, followers, merge):
        yield f"-- {(part.__doc__ or '').splitlines()[0]}"
        yield from part.run()
