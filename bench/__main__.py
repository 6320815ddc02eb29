"""`make bench`: every figure beside a baseline of the same run. Nothing is asserted; these are measurements.

make bench                      all of it
make bench ARGS="reading cli"   only these; of a subject of several parts also one, as `freshness.cold`
"""

from __future__ import annotations

import importlib
import sys

SUBJECTS = ("cli", "reading", "access", "publishing", "rendering", "freshness", "authorizer")


def main(chosen: list[str]) -> int:
    unknown = sorted(name for name in chosen if name.partition(".")[0] not in SUBJECTS)
    if unknown:
        print(f"no bench named {', '.join(unknown)}; there are {', '.join(SUBJECTS)}", file=sys.stderr)
        return 64
    for name in chosen or SUBJECTS:
        subject = importlib.import_module(f"bench.{name}")
        print(f"\n{name}: {(subject.__doc__ or '').splitlines()[0]}", flush=True)
        for line in subject.run():
            print(f"  {line}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
