from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.terraform_roots import TRUST, example_files, example_model

from gatefleet.model import Model
from gatefleet.render import Change, RenderedFloor, changes, emptied, render_files

ORDERS = "terraform/teams/orders/production/orders"


@pytest.fixture(scope="module")
def model() -> Model:
    return example_model()


@pytest.fixture(scope="module")
def files(model: Model) -> dict[str, bytes]:
    return example_files(model, "production")


def test_each_gateway_has_its_root_floor_trust_and_layer(files: dict[str, bytes]) -> None:
    names = sorted(path.removeprefix(f"{ORDERS}/") for path in files if path.startswith(f"{ORDERS}/"))
    assert names == ["floor.json", "floor.zip", "main.tf.json", "trust.json"]
    assert len(files) == 4 * 9


def test_rendering_twice_changes_nothing(model: Model, files: dict[str, bytes]) -> None:
    again = example_files(model, "production")
    assert changes(again, files, [], model.environments["production"]) == []


def test_a_moved_floor_touches_its_own_gateway_and_says_why(model: Model, files: dict[str, bytes]) -> None:
    environment = model.environments["production"]
    moved = RenderedFloor("orders/orders", b'{"payload":"other"}', "its policy changed")
    again = files | render_files(model, environment, [moved], TRUST)
    found = {one.path.removeprefix(f"{ORDERS}/"): one.why for one in changes(again, files, [moved], environment)}
    assert found == {
        "floor.json": "its policy changed",
        "floor.zip": "its floor moved",
        "main.tf.json": "its sources, conventions, versions or floor changed",
    }


def test_a_file_that_somebody_changed_is_out_of_date(model: Model, files: dict[str, bytes]) -> None:
    tampered = files | {f"{ORDERS}/floor.json": b"{}\n"}
    (found,) = changes(files, tampered, [], model.environments["production"])
    assert (found.path, found.change) == (f"{ORDERS}/floor.json", Change.REPLACE)
    assert found.why == "is not the floor that was rendered"


def test_the_root_of_a_gateway_that_is_gone_is_emptied_and_then_left(model: Model, files: dict[str, bytes]) -> None:
    environment = model.environments["production"]
    without = replace(model, gateways={name: one for name, one in model.gateways.items() if name != "orders/orders"})
    left = {path: content for path, content in files.items() if not path.startswith(f"{ORDERS}/")}
    wanted = left | emptied(left, files, without, environment)
    found = {one.path.removeprefix(f"{ORDERS}/"): one.change for one in changes(wanted, files, [], environment)}
    assert found == {
        "floor.json": Change.REMOVE,
        "floor.zip": Change.REMOVE,
        "main.tf.json": Change.REPLACE,
        "trust.json": Change.REMOVE,
    }
    assert b'"module"' not in wanted[f"{ORDERS}/main.tf.json"]
    assert changes(wanted, wanted, [], environment) == []


def test_a_gateway_that_is_not_published_yet_is_left_out(model: Model) -> None:
    environment = model.environments["production"]
    assert render_files(model, environment, [RenderedFloor("nobody/nothing", b"{}", "new")], TRUST) == {}
