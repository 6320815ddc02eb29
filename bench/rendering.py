"""Rendering 400 gateways of one environment: all of them, and again after one changed; CPU, beside writing their files.

What comes before is measured elsewhere: reading the sources and making them a state (`reading`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bench.corpus import write_corpus
from bench.measure import cpu_of_call, medians, milliseconds

from gatefleet.contract.digests import Position
from gatefleet.desired import State, desired_state
from gatefleet.log.keys import new_key
from gatefleet.log.trust import Role, Trust, make_trust
from gatefleet.model import Model, parse_model
from gatefleet.render import ROOTS, changes, render_files, render_floors, root_folder
from gatefleet.source import read_worktree

ENVIRONMENT = "production"
CHANGED = "team-000/team-000-0"
COMMIT = "0" * 40
NOW = 1_795_500_000
ROUNDS = 5
TRUST = b'{"payload":"dHJ1c3Q="}'


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder / "corpus")
        model, _ = parse_model(read_worktree(folder / "corpus"))
        fleet = _Fleet(folder)
        state, first = _state_and_files(fleet, model, {})
        changed = _with_a_change(model)
        state_after, again = _state_and_files(fleet, changed, first)
        differ = sum(first[path] != again[path] for path in first)
        written, whole, one = medians(
            [
                lambda: cpu_of_call(lambda: _write(folder / "fleet", first)),
                lambda: cpu_of_call(lambda: fleet.files(model, state, {})),
                lambda: cpu_of_call(lambda: fleet.files(changed, state_after, first)),
            ],
            ROUNDS,
        )
    size = sum(map(len, first.values())) // 1024
    yield f"{len(first)} files, {size} KiB; after a change of one route of one gateway {differ} files differ"
    yield f"writing the files    {milliseconds(written):>8}"
    yield f"rendering all        {milliseconds(whole):>8}   {whole / written:5.1f} x writing them (aim: 5 s)"
    yield f"one changed          {milliseconds(one):>8}   {one / whole:5.2f} x rendering all (aim: 500 ms)"


class _Fleet:
    """One environment's floors and roots, signed by keys of this run."""

    def __init__(self, folder: Path) -> None:
        self._signer = new_key(folder / "publish.pem")
        self._trust: Trust = make_trust(
            environment=ENVIRONMENT,
            log="bench-0001",
            version=1,
            issued_at=1,
            roles={Role.ROOT: ([new_key(folder / "root.pem")], 1), Role.PUBLISH: ([self._signer], 1)},
            blast_limit={"issuer": 1000, "scope": 1000, "client": 1000, "gateway": 1000},
        )

    def files(self, model: Model, state: State, before: Mapping[str, bytes]) -> dict[str, bytes]:
        """What `gatefleet render` would have there, after what stood there before."""
        environment = model.environments[ENVIRONMENT]
        floors = render_floors(
            state.entities,
            Position(1, 1, "0" * 64),
            COMMIT,
            trust=self._trust,
            signers=[self._signer],
            now=NOW,
            max_age=model.conventions.floor_max_age,
            accepted=lambda _: True,
            previous=lambda gateway: _stripped(before.get(f"{root_folder(ENVIRONMENT, gateway)}/floor.json")),
        )
        files = render_files(model, environment, floors, TRUST)
        changes(files, before, floors, environment)
        return files


def _state_and_files(fleet: _Fleet, model: Model, before: Mapping[str, bytes]) -> tuple[State, dict[str, bytes]]:
    state = desired_state(model, ENVIRONMENT)
    return state, fleet.files(model, state, before)


def _with_a_change(model: Model) -> Model:
    gateway = model.gateways[CHANGED]
    key = next(iter(gateway.routes))
    routes = {**gateway.routes, key: replace(gateway.routes[key], claims={"department": "finance"})}
    return replace(model, gateways={**model.gateways, CHANGED: replace(gateway, routes=routes)})


def _stripped(content: bytes | None) -> bytes | None:
    return None if content is None else content.strip()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    assert all(path.startswith(ROOTS) for path in files)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
