from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

from gatefleet.contract.entities import AnyOf, Public, Route
from gatefleet.decide.path import is_parameter, path_allowed, path_fits, shadowed_by, template_of

SEGMENTS = st.sampled_from(["a", "b", "A", "{x}", "orders", "Orders"])
PIECES = st.lists(
    st.sampled_from(
        ["a", "b", "orders", "/", "/", ".", "..", "%2e", "%2F", "%5c", "\\", ";", "%3b", "%00", "%25", "\u00e9"]
    )
    | st.characters(codec="utf-8"),
    max_size=8,
)
READ, WRITE = (Route(AnyOf(((scope,),))) for scope in ("read", "write"))


@settings(deadline=None, max_examples=1000)
@given(st.lists(SEGMENTS, max_size=4), st.booleans(), PIECES)
def test_a_path_fits_its_template_as_a_regular_expression_says(
    segments: list[str], greedy: bool, pieces: list[str]
) -> None:
    key = "GET /" + "/".join([*segments, "{rest+}"] if greedy else segments)
    path = "/" + "".join(pieces)
    parts = [r"[^/]+" if one == "{x}" else re.escape(one) for one in segments]
    # Each part stands behind a slash, one slash may follow, and anything may stand before.
    pattern = r"(?:/[^/]*)*?" + "".join("/" + part for part in parts) + (r"(?:/[^/]*)+?" if greedy else "") + "/?"
    decoded = "/" + "/".join(_without_slashes(unquote_to_bytes(one)) for one in path[1:].split("/"))
    fits = path_fits(path, template_of(key))
    if greedy and re.fullmatch("(?:/[^/]*)*?" + "".join("/" + part for part in parts) + "/?", decoded):
        return  # whether one empty segment at the end is the greedy one is not what this compares
    assert fits == bool(re.fullmatch(pattern, decoded, re.DOTALL))


def _without_slashes(data: bytes) -> str:
    """A segment's text with its own slashes made unlike separators; bytes that are no UTF-8 stay distinct."""
    return data.decode("utf-8", "surrogateescape").replace("/", "\ue000")


@settings(deadline=None, max_examples=1500)
@given(PIECES)
def test_a_catch_all_lets_through_nothing_that_some_reader_resolves_to_another_path(pieces: list[str]) -> None:
    path = "/files/" + "".join(pieces)
    allowed = path_allowed(path, (), method="GET", stage=None, template=template_of("ANY /files/{proxy+}"), shadowed=())
    if not allowed:
        return
    for reading in _lenient_readings(path):
        # Resolved as RFC 3986 section 5.2.4 does, it is still itself.
        assert _resolved(reading) == reading
        assert reading.startswith("/files/")


def _lenient_readings(path: str) -> list[str]:
    once = unquote_to_bytes(path).decode()
    twice = unquote_to_bytes(once).decode("utf-8", "replace")
    readings = [path, once, twice]
    return readings + [one.replace("\\", "/") for one in readings] + [re.sub(r";[^/]*", "", one) for one in readings]


def _resolved(path: str) -> str:
    output: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            output = output[:-1]
        elif segment != ".":
            output.append(segment)
    return re.sub("/{2,}", "/", "/".join(output))


def test_what_is_denied_on_a_parameter_is_denied_on_a_catch_all() -> None:
    for path in ("/x/..", "/x/%2e%2E/y", "/x/a%00", "/x/%ff", "/x\\..\\y", "/x/..;v/y"):
        for key in ("GET /x/{id}", "ANY /x/{rest+}", "$default"):
            assert not path_allowed(path, (), method="GET", stage=None, template=template_of(key), shadowed=())


def test_a_route_shadows_only_a_catch_all_that_asks_for_something_else() -> None:
    routes = {
        "$default": READ,
        "ANY /a/{rest+}": READ,
        "GET /a/b": WRITE,
        "GET /a/same": READ,
        "GET /a/public": Route(Public(), ()),
        "GET /b/c": WRITE,
        "POST /a/b/{rest+}": WRITE,
    }
    assert shadowed_by("GET /a/b", routes) == ()
    assert [one.segments for one in shadowed_by("ANY /a/{rest+}", routes)] == [("a", "b"), ("a", "b", "{rest+}")]
    assert [one.segments for one in shadowed_by("$default", routes)] == [("a", "b"), ("b", "c"), ("a", "b", "{rest+}")]


def test_a_claim_that_must_be_true_is_not_one_that_must_be_1() -> None:
    routes = {"$default": replace(READ, claims={"level": 1}), "GET /admin": replace(READ, claims={"level": True})}
    assert [one.segments for one in shadowed_by("$default", routes)] == [("admin",)]


def test_a_stage_before_the_path_hides_no_shadowed_route() -> None:
    shadowed = (template_of("GET /admin/{id}"),)
    template = template_of("ANY /{rest+}")
    for stage, path in ((None, "/Admin/1"), ("prod", "/prod/Admin/1"), ("prod", "/Admin/1/")):
        assert not path_allowed(path, (), method="GET", stage=stage, template=template, shadowed=shadowed)
    assert path_allowed("/other/Admin/1", (), method="GET", stage="prod", template=template, shadowed=shadowed)
    assert path_allowed("/Admin/1", (), method="POST", stage=None, template=template, shadowed=shadowed)


def test_only_a_whole_segment_in_braces_is_a_parameter() -> None:
    assert is_parameter("{id}")
    assert is_parameter("{rest+}")
    assert not any(is_parameter(one) for one in ("id", "{id", "id}", "a{id}", "{id}b", ""))
    assert not template_of("GET /rest+}").catch_all
    assert not template_of("GET /{rest}").catch_all
    assert template_of("GET /a/{rest+}").catch_all
    assert not template_of("GET /{rest+}/a").catch_all
