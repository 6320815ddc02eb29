"""Documents become the model. Problems are noted and parsing goes on, so that one run tells everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from gatefleet.model import policies, teams
from gatefleet.model.reading import Reading
from gatefleet.model.types import Conventions, Model, SourceClient, SourceScope, Throttle
from gatefleet.problems import Place, Problem, in_order
from gatefleet.source import Document, Kind, Sources
from gatefleet.source.allocation import collector_paused
from gatefleet.source.layout import CONVENTIONS_PATH

T = TypeVar("T")


def parse_model(sources: Sources) -> tuple[Model, tuple[Problem, ...]]:
    """Parse the documents of one commit, and say what no schema can.

    The model is always there, as whole as the documents allow. The problems (GF030 to GF049; those of `sources` are not
    repeated) say what of it is a stand-in: nothing may be published from a model that has any.
    """
    problems: list[Problem] = []
    with collector_paused():
        model = _parse(sources, problems)
    return model, in_order(problems)


def _parse(sources: Sources, problems: list[Problem]) -> Model:
    of_kind: dict[Kind, list[Document]] = {kind: [] for kind in Kind}
    for document in sources.documents:
        of_kind[document.kind].append(document)

    def every(kind: Kind, parse: Callable[[Reading], T]) -> list[T]:
        return [parse(Reading(document, problems)) for document in of_kind[kind]]

    conventions = every(Kind.CONVENTIONS, policies.conventions)
    if not conventions and CONVENTIONS_PATH not in sources.unread:
        problems.append(_NO_CONVENTIONS)
    return Model(
        environments={one.name: one for one in every(Kind.ENVIRONMENT, policies.environment)},
        issuers={one.name: one for one in every(Kind.ISSUER, policies.issuer)},
        scopes=_scopes(every(Kind.SCOPES, policies.scopes), problems),
        clients=_clients(every(Kind.CLIENT, policies.client), problems),
        conventions=conventions[0] if conventions else _LOOSEST,
        rollout=next(iter(every(Kind.ROLLOUT, policies.rollout)), None),
        teams={one.name: one for one in every(Kind.TEAM, teams.team)},
        gateways={one.id: one for one in every(Kind.GATEWAY, teams.gateway)},
        tests=tuple(every(Kind.POLICY_TESTS, teams.policy_tests)),
        unread=sources.unread,
    )


def _clients(parsed: Iterable[SourceClient], problems: list[Problem]) -> dict[str, SourceClient]:
    clients: dict[str, SourceClient] = {}
    for client in parsed:
        first = clients.setdefault(client.client_id, client)
        if first is not client:
            why = "tokens name a client by its id alone: it belongs to one team"
            problems.append(
                _declared_twice(f"client `{client.client_id}`", client.document.place(), first.document, why)
            )
    return clients


def _scopes(parsed: Iterable[list[SourceScope]], problems: list[Problem]) -> dict[str, SourceScope]:
    scopes: dict[str, SourceScope] = {}
    for scope in (scope for domain in parsed for scope in domain):
        first = scopes.setdefault(scope.name, scope)
        if first is not scope:
            place = scope.document.place("scopes", scope.name)
            why = "two owners would answer for it"
            problems.append(_declared_twice(f"scope `{scope.name}`", place, first.document, why))
    return scopes


def _declared_twice(what: str, place: Place, first: Document, why: str) -> Problem:
    return Problem("GF049", place, f"{what} is declared already in {first.path}", why, "keep one of the two")


_NO_CONVENTIONS = Problem(
    "GF046",
    Place(CONVENTIONS_PATH),
    "the file is missing",
    "it holds the limits that every gateway keeps; without them none could be checked",
    "write it (`kind: Conventions`); the example in contract/schemas/conventions.schema.json is a good beginning",
)

# Stands in for conventions that could not be read: the limits of the schema, so that no check complains for it.
_LOOSEST = Conventions(
    document=Document(CONVENTIONS_PATH, Kind.CONVENTIONS, "", "conventions", {}, b""),
    result_ttl_limit=3600,
    max_staleness=300,
    deny_after=86400,
    floor_max_age=2592000,
    cors_max_age_limit=86400,
    cors_any_origin=True,
    throttle_limit=Throttle(rate=100000, burst=100000),
    routes_limit=2000,
    error_type_base="https://errors.invalid/",
    log_fields=(),
    blast_limit={"issuer": 1000000, "scope": 1000000, "client": 1000000, "gateway": 1000000},
)
