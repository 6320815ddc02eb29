"""Places are found on demand, by following names and list positions."""

from __future__ import annotations

import dataclasses

import pytest
from tests.support.sources import document

from gatefleet.problems import Place

PATH = "policies/clients/orders/web-shop.yaml"
TEXT = """\
# A comment, with an ü.
kind: Client
description: The ü shop.
scopes:
  orders:read: {}
  'orders:refund': {until: 2027-03-31T00:00:00Z}
addresses:
  - 192.0.2.0/24
  - 198.51.100.0/24
denied: [{jti: ü, until: 2027-01-01T00:00:00Z}]
""".replace("jti: ü", "jti: a")


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [
        ((), 2, 1),
        (("kind",), 2, 1),
        (("scopes", "orders:read"), 5, 3),
        (("scopes", "orders:refund"), 6, 3),
        (("scopes", "orders:refund", "until"), 6, 21),
        (("addresses", 1), 9, 5),
        (("denied", 0), 10, 10),
        (("denied", 0, "until"), 10, 19),
    ],
)
def test_a_member_stands_where_its_name_does_and_an_item_where_it_begins(
    pointer: tuple[str | int, ...], line: int, column: int
) -> None:
    assert document(PATH, TEXT).place(*pointer) == Place(PATH, line, column)


def test_a_pointer_that_leads_nowhere_gives_the_deepest_part_that_is_there() -> None:
    one = document(PATH, TEXT)
    assert one.place("scopes", "orders:write", "until") == one.place("scopes")
    assert one.place("addresses", 7) == one.place("addresses")
    assert one.place("scopes", 0) == one.place("scopes")
    assert one.place("addresses", "a") == one.place("addresses")


def test_columns_count_characters_not_bytes() -> None:
    one = document(PATH, "kind: Client\ndescription: a\nscopes: {}\napi_keys: {}\nissuer: a # ü\n")
    flow = document(PATH, "{kind: Client, description: üü, state: active}\n")
    assert one.place("issuer").column == 1
    assert flow.place("state").column == 33


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        document(PATH, TEXT).path = "b"  # type: ignore[misc]
