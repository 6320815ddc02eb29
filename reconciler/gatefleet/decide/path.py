"""Step 4, `path`: what a lenient back end could take for another route is denied; nothing is normalised to allow.

The route itself comes from API Gateway and is never found by matching the path again (docs/reference/decision.md, 4).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gatefleet.contract.entities import Public, Route

# Besides `\` and `;`: what some readers take for one of `. / \ ; %` (Unicode compatibility forms, Windows' best fit).
_AMBIGUOUS = frozenset(
    "\\;"
    "\u2024\u2025\ufe52\uff0e"  # .
    "\u2044\u2215\uff0f"  # /
    "\u2216\ufe68\uff3c"  # \\
    "\u037e\ufe54\uff1b"  # ;
    "\ufe6a\uff05"  # %
)
_CONTROL_OR_BROKEN = re.compile("[\x00-\x1f\x7f-\x9f\udc80-\udcff]")
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
_STILL_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_ENCODED_SLASH = re.compile(r"%2[Ff]")
_SEPARATORS = re.compile(r"[/\\]")
_QUERY_OR_FRAGMENT = re.compile(r"[?#]")
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class Template:
    """A declared route key, taken apart: `GET /orders/{id}`. `segments` is None for `$default`."""

    method: str
    segments: tuple[str, ...] | None

    @property
    def catch_all(self) -> bool:
        """`$default` and greedy templates take paths that nobody wrote down."""
        return self.segments is None or _greedy(self.segments)


def template_of(route_key: str) -> Template:
    """Take a declared route key apart."""
    if route_key == "$default":
        return Template("ANY", None)
    method, _, path = route_key.partition(" ")
    return Template(method, tuple(segments_of(path)))


def segments_of(path: str) -> list[str]:
    """What stands between slashes after the leading one, without one empty segment at the end."""
    segments = path[1:].split("/")
    if segments[-1] == "":
        segments.pop()
    return segments


def is_parameter(segment: str) -> bool:
    """Whether a segment of a template is `{name}` or `{name+}`."""
    return segment.startswith("{") and segment.endswith("}")


def shadowed_by(route_key: str, routes: Mapping[str, Route]) -> tuple[Template, ...]:
    """The routes that API Gateway prefers to this one, a catch-all, and that demand something else of a caller."""
    catch_all, demand = template_of(route_key), routes[route_key]
    if not catch_all.catch_all:
        return ()
    others = ((template_of(key), route) for key, route in sorted(routes.items()))
    return tuple(
        other
        for other, route in others
        if _differ(route, demand) and not isinstance(route.requirement, Public) and _preferred(other, catch_all)
    )


def path_allowed(
    path: str,
    parameters: Iterable[str],
    *,
    method: str,
    stage: str | None,
    template: Template,
    shadowed: Iterable[Template],
) -> bool:
    """Whether no text of the request reads as another route than the one that API Gateway matched."""
    texts = [path, *parameters]
    if not all(_harmless(text) for text in texts):
        return False
    if not template.catch_all:
        return True
    if not all(_plain(text) for text in texts):
        return False
    readings = _readings(path, stage)
    return not any(
        _fits(other.segments, [_ascii_lower(segment) for segment in reading], _ascii_lower)
        for other in shadowed
        if other.segments is not None and other.method in (method, "ANY")
        for reading in readings
    )


def path_fits(path: str, template: Template) -> bool:
    """Whether the path fits the declared template, leading segments (stage, base path) left out. It is only counted."""
    if template.segments is None:
        return True
    segments = [decoded(segment) for segment in segments_of(path)]
    return any(_fits(template.segments, segments[start:]) for start in range(len(segments) + 1))


def decoded(text: str) -> str:
    """The text percent-decoded once; bytes that are not UTF-8 become lone surrogates, which no text has otherwise."""
    return _ENCODED.sub(lambda match: bytes.fromhex(match[1].decode()), text.encode()).decode(errors="surrogateescape")


def _harmless(text: str) -> bool:
    """Asked on every route: UTF-8 without control characters, and no segment that leads to another one."""
    plain = decoded(text)
    if _CONTROL_OR_BROKEN.search(plain):
        return False
    return not any(segment.partition(";")[0] in (".", "..") for segment in _SEPARATORS.split(plain))


def _plain(text: str) -> bool:
    """Asked on a catch-all: nothing that readers split, join or decode in different ways."""
    plain = decoded(text)
    if _ENCODED_SLASH.search(text) or _STILL_ENCODED.search(plain):
        return False
    return _AMBIGUOUS.isdisjoint(plain) and "" not in plain.split("/")[1:-1]


def _readings(path: str, stage: str | None) -> list[list[str]]:
    """The path's segments as a lenient reader may have them: cut at `?` or `#`, with the stage and without."""
    whole = segments_of(_QUERY_OR_FRAGMENT.split(decoded(path), maxsplit=1)[0])
    return [whole, whole[1:]] if whole[:1] == [stage] else [whole]


def _differ(one: Route, other: Route) -> bool:
    # Compared as dataclasses alone, a claim that must be 1 would be one that must be true: in Python True == 1.
    types = [{name: type(value) for name, value in route.claims.items()} for route in (one, other)]
    return one != other or types[0] != types[1]


def _preferred(other: Template, catch_all: Template) -> bool:
    """Whether API Gateway takes `other` rather than the catch-all for a path that fits both."""
    if other.segments is None:
        return False
    before = _before_greedy(catch_all.segments or ())
    if _greedy(other.segments) and len(_before_greedy(other.segments)) <= len(before):
        return False
    return other.segments[: len(before)] == before


def _before_greedy(segments: tuple[str, ...]) -> tuple[str, ...]:
    return segments[:-1]


def _greedy(segments: tuple[str, ...]) -> bool:
    return bool(segments) and segments[-1].startswith("{") and segments[-1].endswith("+}")


def _fits(template: tuple[str, ...], segments: list[str], literal: Callable[[str], str] = str) -> bool:
    if _greedy(template):
        exact = template[:-1]
        return len(segments) > len(exact) and _fits(exact, segments[: len(exact)], literal)
    return len(template) == len(segments) and all(
        segment != "" if is_parameter(expected) else literal(expected) == segment
        for expected, segment in zip(template, segments, strict=True)
    )


def _ascii_lower(text: str) -> str:
    return text.translate(_LOWER)
