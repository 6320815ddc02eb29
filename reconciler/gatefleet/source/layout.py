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
    if not path.lower().endswith((".yaml", ".yml")):
        return None
    parts = path.split("/")
    for kind, shape in _SHAPES.items():
        names = _match(parts, shape)
        if names is not None:
            return _named(path, kind, names)
    return _unknown(path)


_SHAPES: dict[Kind, tuple[str, ...]] = {
    Kind.CLIENT: ("policies", "clients", "<team>", "<client_id>.yaml"),
    Kind.GATEWAY: ("teams", "<team>", "gateways", "<gateway>.yaml"),
    Kind.TEAM: ("teams", "<team>", "team.yaml"),
    Kind.POLICY_TESTS: ("teams", "<team>", "tests", "<name>.yaml"),
    Kind.SCOPES: ("policies", "scopes", "<domain>.yaml"),
    Kind.ISSUER: ("policies", "issuers", "<issuer>.yaml"),
    Kind.ENVIRONMENT: ("policies", "environments", "<environment>.yaml"),
    Kind.CONVENTIONS: ("policies", "conventions.yaml"),
    Kind.ROLLOUT: ("policies", "rollout.yaml"),
}


def _match(parts: list[str], shape: tuple[str, ...]) -> list[str] | None:
    if len(parts) != len(shape):
        return None
    names = []
    for part, expected in zip(parts, shape, strict=True):
        if expected[0] != "<":
            if part != expected:
                return None
        elif expected.endswith(".yaml"):
            if not part.endswith(".yaml"):
                return None
            names.append(part[: -len(".yaml")])
        else:
            names.append(part)
    return names


def _named(path: str, kind: Kind, names: list[str]) -> Slot | Problem:
    forms = [NAME] * len(names)
    if kind is Kind.CLIENT:
        forms[-1] = CLIENT_ID
    for name, form in zip(names, forms, strict=True):
        if not form.fullmatch(name):
            return _bad_name(path, name, form)
    match kind:
        case Kind.TEAM:
            return Slot(kind, names[0], names[0])
        case Kind.CONVENTIONS | Kind.ROLLOUT:
            return Slot(kind, "", kind.lower())
    team = names[0] if len(names) == 2 else ""
    return Slot(kind, team, names[-1])


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


def _nearest(path: str) -> str | None:
    """The known path most like this one, with the names that this one has."""
    parts = [*path.split("/")[:-1], re.sub(r"(?i)\.ya?ml$", ".yaml", path.rsplit("/", 1)[-1])]
    best, score = None, 0.0
    for shape in _SHAPES.values():
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
