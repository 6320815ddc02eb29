"""Which file says what: the kind and the names of a source file follow from its path."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum

from gatefleet.contract.entities import CLIENT_ID, NAME
from gatefleet.problems import Place, Problem

ROOTS = ("policies", "teams")


class Kind(StrEnum):
    """The kinds of source files, as written in `kind:`."""

    ENVIRONMENT = "Environment"
    ISSUER = "Issuer"
    SCOPES = "Scopes"
    CLIENT = "Client"
    CONVENTIONS = "Conventions"
    ROLLOUT = "Rollout"
    TEAM = "Team"
    GATEWAY = "Gateway"
    POLICY_TESTS = "PolicyTests"

    @property
    def schema(self) -> str:
        """Name of its schema: `<schema>.schema.json`."""
        return "policy-tests" if self is Kind.POLICY_TESTS else self.lower()


CONVENTIONS_PATH = "policies/conventions.yaml"
ROLLOUT_PATH = "policies/rollout.yaml"


@dataclass(frozen=True, slots=True)
class Slot:
    """What a path stands for: a kind, the team it belongs to ("" outside of teams and clients) and its own name."""

    kind: Kind
    team: str
    name: str


def slot_of(path: str) -> Slot | Problem | None:
    """The slot of a path relative to the repository; None for what is no YAML, a problem for YAML of no known kind."""
    if not path.endswith(".yaml"):
        return _unknown(path) if path.lower().endswith((".yaml", ".yml")) else None
    match path[: -len(".yaml")].split("/"):
        case ["policies", "clients", team, name]:
            return _slot(path, Kind.CLIENT, team, name)
        case ["teams", team, "gateways", name]:
            return _slot(path, Kind.GATEWAY, team, name)
        case ["teams", team, "team"]:
            return _slot(path, Kind.TEAM, team, team)
        case ["teams", team, "tests", name]:
            return _slot(path, Kind.POLICY_TESTS, team, name)
        case ["policies", "scopes", name]:
            return _slot(path, Kind.SCOPES, "", name)
        case ["policies", "issuers", name]:
            return _slot(path, Kind.ISSUER, "", name)
        case ["policies", "environments", name]:
            return _slot(path, Kind.ENVIRONMENT, "", name)
        case ["policies", "conventions"]:
            return Slot(Kind.CONVENTIONS, "", "conventions")
        case ["policies", "rollout"]:
            return Slot(Kind.ROLLOUT, "", "rollout")
    return _unknown(path)


def _slot(path: str, kind: Kind, team: str, name: str) -> Slot | Problem:
    form = CLIENT_ID if kind is Kind.CLIENT else NAME
    if team and not NAME.fullmatch(team):
        return _bad_name(path, team, NAME)
    if not form.fullmatch(name):
        return _bad_name(path, name, form)
    return Slot(kind, team, name)


def _bad_name(path: str, name: str, form: re.Pattern[str]) -> Problem:
    rule = (
        "letters, digits, `.`, `_` and `-`, at most 128, beginning with a letter or digit"
        if form is CLIENT_ID
        else "lowercase letters, digits and inner hyphens, at most 63"
    )
    return Problem(
        "GF045",
        Place(printable(path)),
        f"`{printable(name)}` cannot be a name",
        "the names of things are the names of their files and folders",
        f"rename it: {rule}",
    )


def _unknown(path: str) -> Problem:
    place = Place(printable(path))
    nearest = _nearest(path)
    hint = f"did you mean `{nearest}`?" if nearest else "the layout is in docs/reference/sources.md"
    return Problem(
        "GF044", place, "no such kind of file", "a file that nothing reads looks like policy and is none", hint
    )


_SHAPES = (
    ("policies", "clients", "<team>", "<client_id>.yaml"),
    ("teams", "<team>", "gateways", "<gateway>.yaml"),
    ("teams", "<team>", "team.yaml"),
    ("teams", "<team>", "tests", "<name>.yaml"),
    ("policies", "scopes", "<domain>.yaml"),
    ("policies", "issuers", "<issuer>.yaml"),
    ("policies", "environments", "<environment>.yaml"),
    ("policies", "conventions.yaml"),
    ("policies", "rollout.yaml"),
)


def _nearest(path: str) -> str | None:
    """The known path most like this one, with the names that this one has."""
    parts = [*path.split("/")[:-1], re.sub(r"(?i)\.ya?ml$", ".yaml", path.rsplit("/", 1)[-1])]
    best, score = None, 0.0
    for shape in _SHAPES:
        if len(shape) != len(parts):
            continue
        pairs = list(zip(parts, shape, strict=True))
        likeness = [difflib.SequenceMatcher(None, part, fixed).ratio() for part, fixed in pairs if fixed[0] != "<"]
        if min(likeness) >= 0.6 and sum(likeness) / len(likeness) > score:
            score = sum(likeness) / len(likeness)
            best = "/".join(part if fixed[0] == "<" else fixed for part, fixed in pairs)
    return printable(best) if best else None


def printable(path: str) -> str:
    """A path as it may stand in a message: git allows any bytes in names, messages only visible ASCII and letters."""
    return "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in path)
