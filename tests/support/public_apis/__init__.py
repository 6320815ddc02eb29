"""Operations of real public APIs (`METHOD /template`, a file each that names its source), and gateways made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.support.policies import ORDERS, POLICIES, TESTS, model_of

from gatefleet.model import Model
from gatefleet.model.deployed import deployed_gateways
from gatefleet.model.types import Artifacts, Variant
from gatefleet.problems import Problem
from gatefleet.render.roots import render_root

_HERE = Path(__file__).parent
_DIGEST = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="  # of nothing


def operations(api: str) -> tuple[str, ...]:
    """What the API's own description lists, in the order of its paths."""
    lines = (_HERE / f"{api}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


def gateways(kind: str, parts: Sequence[Iterable[str]]) -> tuple[Model, tuple[Problem, ...]]:
    """The small repository with one gateway for each part in place of the HTTP one; every route asks for a scope."""
    files = dict(POLICIES)
    del files[TESTS]  # they name routes that are gone
    beginning = files.pop(ORDERS).partition("routes:\n")[0].replace("api: http", f"api: {kind}")
    for number, routes in enumerate(parts):
        name = "orders" if number == 0 else f"orders-{number}"
        head = beginning.replace("domain: orders", f"domain: {name}").replace("com/orders", f"com/{name}")
        written = "".join(f"  {json.dumps(key)}: {{scopes: [orders:read]}}\n" for key in routes)
        files[f"teams/orders/gateways/{name}.yaml"] = (
            f"{head}routes:\n{written}environments: {{staging: {{enabled: false}}}}\n"
        )
    return model_of(files)


def rendered_roots(model: Model) -> dict[str, bytes]:
    """`main.tf.json` of each gateway in production, by its id."""
    assert model.rollout is not None
    artifacts = Artifacts("example-gatefleet", {Variant.RUST: _DIGEST, Variant.NODE: _DIGEST})
    model = replace(model, rollout=replace(model.rollout, artifacts=artifacts))
    deployed = deployed_gateways(model, model.environments["production"])
    return {one.source.id: render_root(one, model, layer_sha256=_DIGEST) for one in deployed}
