"""`python -m gatefleet` is the `gatefleet` command."""

from gatefleet.cli import main

main()
