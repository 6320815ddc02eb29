"""Whether two route keys of one gateway can match the same request, so that one takes requests away from the other."""

from __future__ import annotations

from gatefleet.contract.entities import ApiKind

DEFAULT = "$default"


def overlaps(one: str, other: str, api: ApiKind) -> bool:
    """Whether some request fits both route keys; API Gateway then hands it to the more specific one.

    A REST API picks the path first and then looks for the method on it, so there a more specific path takes requests of
    every method. A greedy segment is taken to match the empty rest and a trailing slash to be no segment: too often
    rather than too rarely, since API Gateway's two kinds differ there.
    """
    if DEFAULT in (one, other):
        return True
    (method, path), (other_method, other_path) = _parts(one), _parts(other)
    apart = method != other_method and "ANY" not in (method, other_method)
    if apart and (api is ApiKind.HTTP or path == other_path):
        return False
    return _paths_overlap(path, other_path)


def is_catch_all(route_key: str) -> bool:
    """Whether the route takes whatever no other one does: `$default`, or a greedy last segment."""
    return route_key == DEFAULT or any(map(_greedy, _parts(route_key)[1]))


def _paths_overlap(path: list[str], other_path: list[str]) -> bool:
    for segment, other_segment in zip(path, other_path, strict=False):
        if _greedy(segment) or _greedy(other_segment):
            return True
        if segment != other_segment and not _variable(segment) and not _variable(other_segment):
            return False
    rest = path[len(other_path) :] or other_path[len(path) :]
    return not rest or _greedy(rest[0])


def _parts(route_key: str) -> tuple[str, list[str]]:
    method, _, path = route_key.partition(" ")
    return method, path.strip("/").split("/") if path.strip("/") else []


def _variable(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def _greedy(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("+}")
