"""The command line of vectorgen; what it does stands in the package's docstring."""

from __future__ import annotations

import argparse
import json
import sys

from contract.vectorgen import files
from contract.vectorgen.cases import all_families
from contract.vectorgen.keys import make_key
from contract.vectorgen.lint import findings


def main(arguments: list[str]) -> int:
    """Run one command; 1 when lint has findings."""
    parser = argparse.ArgumentParser(prog="python -m contract.vectorgen")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("make", "lint"):
        commands.add_parser(name).add_argument("family", nargs="*", help="only these families")
    commands.add_parser("format")
    key = commands.add_parser("key")
    key.add_argument("name")
    key.add_argument("kind", choices=["ed25519", "p256", "rsa"])
    asked = parser.parse_args(arguments)
    match asked.command:
        case "make":
            for family in all_families(asked.family):
                for path in files.write(family):
                    print(path.relative_to(files.VECTORS), file=sys.stderr)
        case "lint":
            found = findings(all_families(asked.family))
            for finding in found:
                print(finding)
            return 1 if found else 0
        case "format":
            for path in sorted(files.VECTORS.glob("*/*.json")):
                path.write_text(files.text_of(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
        case "key":
            print(make_key(asked.name, asked.kind))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
