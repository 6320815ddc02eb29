"""A repository's whole fleet on this machine, which goes along with the repository: `gatefleet up`.

Its policy is published to a log of the fleet's own, under generated keys and in the environment `development`; each
gateway stands on a port as API Gateway would, its authorizer on its floor behind it. What changes in the repository is
validated and published at once, and API changes are applied; what is not valid changes nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from gatefleet.checks import check
from gatefleet.contract.digests import Position
from gatefleet.desired import desired_state
from gatefleet.local.authorizers import Authorizers, Build, LambdaAuthorizers, ReferenceAuthorizers
from gatefleet.local.builds import make_build
from gatefleet.local.chaos_proxy import ChaosProxy
from gatefleet.local.development import TRUST_FILE, Development
from gatefleet.local.fleet import LineFile
from gatefleet.local.gateway.api import Api, apis_of
from gatefleet.local.gateway.emulator import Authorizer
from gatefleet.local.gateways import Gateways
from gatefleet.local.home import Home, Running
from gatefleet.local.mirror import Mirror, Stamp
from gatefleet.local.stage import FileStage, KafkaStage, Stage
from gatefleet.log.address import open_writer
from gatefleet.log.archive import FolderArchive
from gatefleet.log.history import History, read_history
from gatefleet.log.transport import LogReader, LogUnavailableError
from gatefleet.log.trust import Trust, parse_trust
from gatefleet.model import Model, parse_model
from gatefleet.model.types import DEVELOPMENT, Variant
from gatefleet.plan import Plan
from gatefleet.problems import Exit, GatefleetError, Problem, Severity, failure, in_order
from gatefleet.publish import GitAncestry, PolicyLog, Published, publish
from gatefleet.render import render_floors
from gatefleet.source import read_worktree, resolve_commit

TOPIC = "gatefleet.development.policy.v1"
_PASSING = ("GF450", "GF520", "GF521")  # the log cannot be reached: what was to be published is tried again


@dataclass(frozen=True, slots=True)
class InEffect:
    """A state of the repository that is published: `plan` is what it changed; None: nothing of the policy."""

    position: Position
    plan: Plan | None
    seconds: float
    applied: tuple[str, ...]  # gateways whose API changed, as at apply


@dataclass(frozen=True, slots=True)
class NotValid:
    """A state of the repository that changes nothing: these are its errors."""

    problems: tuple[Problem, ...]


class Up:
    """The running fleet of one repository. `start`, then `go_along` now and then, `stop` at the end, also unstarted.

    `worktree`: files count as they are, else as they are committed. `builds`: authorizers are the gateways' own builds
    in processes as Lambda runs them, else the reference. `say_request` gets the line of each request, `say_decision`
    that of each decision, `announce` what takes long or goes wrong. `proxy` stands between Kafka and the builds, which
    get `variables` besides.
    """

    def __init__(
        self,
        repository: Path,
        *,
        worktree: bool,
        kafka: bool,
        builds: bool,
        say_request: Callable[[str], object],
        announce: Callable[[str], None],
        say_decision: Callable[[str], object] = lambda _line: None,
        cache: Path | None = None,
        proxy: ChaosProxy | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._repository = repository
        self._worktree = worktree
        self._kafka = kafka
        self._builds = builds
        self._say_request = say_request
        self._say_decision = say_decision
        self._announce = announce
        self._cache = cache
        self._proxy = proxy
        self._variables = dict(variables)
        self._ending = ExitStack()
        self._brought: Stamp = ()
        self._waiting: str | None = None  # a commit that is valid and could not be published yet
        self._apis: Mapping[str, Api] = {}
        self._floors: dict[str, bytes] = {}

    @property
    def addresses(self) -> Mapping[str, str]:
        """The URL of each gateway."""
        return self._gateways.addresses

    @property
    def apis(self) -> Mapping[str, Api]:
        """The API of each gateway, as it stands."""
        return self._apis

    @property
    def functions(self) -> Mapping[str, LambdaAuthorizers]:
        """The Lambda functions of each variant that has some."""
        return self._functions

    @property
    def stage(self) -> Stage:
        """Where the log is."""
        return self._stage

    @property
    def development(self) -> Development:
        """The environment's keys."""
        return self._development

    @property
    def trust(self) -> Trust:
        """Who may sign what here."""
        return self._trust

    def history(self) -> History:
        """The log as it is. Raises `LogUnavailableError`."""
        return read_history(self._reader, self._trust)

    def set_issuer(self, content: bytes) -> None:
        """Declare the development issuer so; `go_along` brings it into effect."""
        self._mirror.set_issuer(content)
        self._brought = ()

    @property
    def folder(self) -> Path:
        """Where the clone, the keys, the log and the lines are, as long as the fleet is up."""
        return self._home.folder

    def start(self) -> InEffect:
        """Publish the repository's policy to a new log and stand every gateway up.

        Raises `GatefleetError`: the repository's errors; GF626 when it is up already; GF620, GF656 when it is none.
        """
        begun = time.monotonic()
        self._home = Home(self._repository, self._cache)
        self._ending.callback(self._home.close)
        self._mirror = Mirror(self._repository, self._home.folder, worktree=self._worktree)
        self._brought = self._mirror.stamp()
        self._stage = self._open_stage()
        self._ending.callback(self._stage.close)
        model = self._with_development()
        self._trust = self._keep_trust()
        self._reader = self._open_reader()
        position, plan = self._publish(model, resolve_commit(self._mirror.repo, "HEAD"))
        self._decisions = LineFile(self._home.folder / "decisions.jsonl")
        self._ending.callback(self._decisions.close)
        self._requests = LineFile(self._home.folder / "requests.jsonl")
        self._ending.callback(self._requests.close)
        self._reference = ReferenceAuthorizers(self._trust, self._stage.open_reader, self._decisions.write)
        self._ending.callback(self._reference.close)
        self._reference.follow()
        self._apis = apis_of(model, model.environments[DEVELOPMENT])
        self._functions = self._make_functions() if self._builds else {}
        behind = self._bring_floors(model)
        self._gateways = Gateways(self._apis, behind, write_line=self._write_request, explain=self._announce)
        self._ending.callback(self._gateways.stop)
        self._gateways.start()
        self._home.announce(
            Running(os.getpid(), str(self._mirror.repo), str(self._development.keys / "issuer.key.pem"), self.addresses)
        )
        return InEffect(position, plan, time.monotonic() - begun, ())

    def go_along(self) -> InEffect | NotValid | None:
        """Bring what changed in the repository into effect; None when nothing did."""
        begun = time.monotonic()
        commit = None
        try:
            stamp = self._mirror.stamp()
            if stamp == self._brought and self._waiting is None:
                return None
            self._brought = stamp
            commit = self._mirror.bring() or self._waiting
            if commit is None:
                return None
            model, problems = self._read()
            if any(one.severity is Severity.ERROR for one in problems):
                self._waiting = None  # what waited is no longer what the repository says
                return NotValid(problems)
            position, plan = self._publish(model, commit)
            applied = self._apply(model)
        except GatefleetError as refused:
            passing = any(one.code in _PASSING for one in refused.problems)
            told, self._waiting = self._waiting == commit, commit if passing else None
            return None if passing and told else NotValid(refused.problems)
        except LogUnavailableError as error:  # between the publication and the floors
            self._waiting = commit
            return NotValid(failure("GF450", self._stage.address, f"the log cannot be reached: {error}").problems)
        self._waiting = None
        return InEffect(position, plan, time.monotonic() - begun, applied)

    def _apply(self, model: Model) -> tuple[str, ...]:
        """What an apply would do: new floors, APIs as they are declared. Gives the gateways whose API changed."""
        before, self._apis = self._apis, apis_of(model, model.environments[DEVELOPMENT])
        self._gateways.apply(self._apis, self._bring_floors(model))
        everybody: tuple[Authorizers, ...] = (self._reference, *self._functions.values())
        for gateway in before:
            for one in everybody:
                if gateway not in self._apis or one is not self._authorizers_of(gateway):
                    one.drop(gateway)
        return tuple(sorted(name for name in {*before, *self._apis} if before.get(name) != self._apis.get(name)))

    def stop(self) -> None:
        """End it all and remove the clone, its keys and its log: each, whatever becomes of the others."""
        self._ending.close()

    # --- the parts of a start ----------------------------------------------------------------------------------------

    def _open_stage(self) -> Stage:
        if self._kafka:
            return KafkaStage(TOPIC, self._announce, self._proxy)
        return FileStage(self._home.folder / "log")

    def _with_development(self) -> Model:
        sources = read_worktree(self._mirror.repo)
        if not sources.documents and not sources.problems:
            what, fix = "holds neither policies/ nor teams/", "name a policy repository by --repo"
            raise failure("GF656", str(self._repository), what, fix=fix)
        model, _ = parse_model(sources)
        kafka = self._stage.bootstrap if isinstance(self._stage, KafkaStage) else None
        issuers = tuple(sorted(name for name in model.issuers if name != DEVELOPMENT))
        limit = model.conventions.blast_limit
        self._development: Development = self._mirror.add_development(issuers, limit, int(time.time()), kafka)
        model, problems = self._read()
        errors = tuple(one for one in problems if one.severity is Severity.ERROR)
        if errors:
            raise GatefleetError(*errors, exit_code=Exit.FINDINGS)
        return model

    def _read(self) -> tuple[Model, tuple[Problem, ...]]:
        sources = read_worktree(self._mirror.repo)
        model, problems = parse_model(sources)
        return model, tuple(in_order([*sources.problems, *problems, *check(model, int(time.time()))]))

    def _open_reader(self) -> LogReader:
        reader = self._stage.open_reader()
        self._ending.callback(reader.close)
        return reader

    def _publish(self, model: Model, commit: str) -> tuple[Position, Plan | None]:
        if isinstance(self._stage, KafkaStage):
            from gatefleet.log.kafka_settings import settings_from_url  # noqa: PLC0415 - only Kafka needs its client
            from gatefleet.log.kafka_topic import ensure_topic  # noqa: PLC0415

            ensure_topic(*settings_from_url(self._stage.address, {}), production=False)
        writer = open_writer(self._stage.address, {})
        try:
            log = PolicyLog(self._reader, writer, FolderArchive(self._home.folder / "archive"), self._trust)
            done = publish(
                desired_state(model, DEVELOPMENT),
                commit,
                log,
                signers=[self._development.signer],
                ancestry=GitAncestry(self._mirror.repo),
                clock=lambda: int(time.time()),
            )
        finally:
            writer.close()
        return done.position, done.plan if isinstance(done, Published) and done.plan.changes else None

    @property
    def _trust_file(self) -> Path:
        return self._home.folder / "trust.json"

    def _keep_trust(self) -> Trust:
        """Keep the trust document where functions find it, also while the clone's files are replaced."""
        content = (self._mirror.repo / TRUST_FILE).read_bytes()
        self._trust_file.write_bytes(content)
        return parse_trust(content.strip(), str(TRUST_FILE))

    def _make_functions(self) -> dict[str, LambdaAuthorizers]:
        """Functions of each variant that is asked for and can be built here; the reference stands in for the others."""
        functions = {}
        for variant in sorted({api.variant for api in self._apis.values()}):
            self._announce(f"Building the authorizer in its variant `{variant}`; the first time, this takes minutes …")
            try:
                build = make_build(Variant(variant), self._home.folder)
            except GatefleetError as error:
                self._announce(f"{error}\n    The reference decides for its gateways instead.")
                continue
            way_in = self._stage.variables if isinstance(self._stage, KafkaStage) else {}
            told = replace(build, variables={**build.variables, **way_in, **self._variables})
            functions[variant] = LambdaAuthorizers(
                self._trust,
                partial(_always, told),
                self._write_decision,
                folder=self._home.folder,
                trust_file=self._trust_file,
                log=self._stage.address,
            )
            self._ending.callback(functions[variant].close)
        return functions

    def _authorizers_of(self, gateway: str) -> Authorizers:
        return self._functions.get(self._apis[gateway].variant, self._reference)

    def _bring_floors(self, model: Model) -> dict[str, Authorizer]:
        """Render the floors of the log's head, and let each gateway's authorizer have its own."""
        history = read_history(self._reader, self._trust)
        assert history.position is not None
        assert history.commit is not None
        rendered = render_floors(
            history.entities,
            history.position,
            history.commit,
            trust=self._trust,
            signers=[self._development.signer],
            now=int(time.time()),
            max_age=model.conventions.floor_max_age,
            accepted=history.holds,
            offset_of=history.offset_of,
            previous=self._floors.get,
        )
        self._floors = {one.gateway: one.envelope for one in rendered}
        return {name: self._authorizers_of(name).bring(name, envelope) for name, envelope in self._floors.items()}

    def _write_request(self, line: str) -> None:
        self._requests.write(line)
        self._say_request(line)

    def _write_decision(self, line: str) -> None:
        if '"decision":' in line:  # a build writes metrics besides
            self._decisions.write(line)
            self._say_decision(line)


def _always(build: Build, _gateway: str) -> Build:
    return build
