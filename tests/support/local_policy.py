"""A small policy of the environment `development`, published to a file log: what the local gateways start from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.gateways import api_of_entity
from tests.support.publishing import a_trust
from tests.support.repository import Repository

from gatefleet.contract.entities import Algorithm, Entity, Gateway, Issuer, IssuerKey, KeyState
from gatefleet.local.development import ISSUER_URL
from gatefleet.local.fleet import Fleet
from gatefleet.local.reference import ReferenceAuthorizer
from gatefleet.local.tokens import DevelopmentIssuer
from gatefleet.log.archive import FolderArchive
from gatefleet.log.envelope import TRUST, seal
from gatefleet.log.file import FileReader, FileWriter
from gatefleet.log.follow import Follower
from gatefleet.log.history import read_history
from gatefleet.log.keys import FileSigner, new_key
from gatefleet.log.opening import open_floor
from gatefleet.log.payloads import Floor
from gatefleet.log.trust import Trust
from gatefleet.publish import GitAncestry, PolicyLog, publish
from gatefleet.render import render_floors

AUDIENCE = "https://api.example.com"


@dataclass
class LocalPolicy:
    """Entities besides the issuer `workforce`, whose key is here; `publish` again after changing them."""

    folder: Path
    entities: dict[str, Entity]
    environment: str = "development"
    issuer: DevelopmentIssuer = field(init=False)
    trust: Trust = field(init=False)
    root: FileSigner = field(init=False)
    signer: FileSigner = field(init=False)
    repository: Repository = field(init=False)

    def __post_init__(self) -> None:
        self.issuer = DevelopmentIssuer.create(self.folder / "issuer.pem", ISSUER_URL)
        self.signer = new_key(self.folder / "publish.pem")
        self.root = new_key(self.folder / "root.pem")
        self.trust = a_trust(self.root, self.signer, environment=self.environment, log="local-0001")
        self.repository = Repository(self.folder / "repository")
        self.entities["issuer/workforce"] = an_issuer(self.issuer)
        self.publish()

    @property
    def log(self) -> Path:
        return self.folder / "policy.log"

    def publish(self) -> None:
        commit = self.repository.commit(self.entities)
        reader, writer = FileReader(self.log), FileWriter(self.log)
        publish(
            self.repository.asked(commit),
            commit,
            PolicyLog(reader, writer, FolderArchive(self.folder / "archive"), self.trust),
            signers=(self.signer,),
            ancestry=GitAncestry(self.repository.path),
            clock=lambda: int(time.time()),
        )

    def floors(self) -> dict[str, bytes]:
        """The floor of every gateway at the log's head."""
        history = read_history(FileReader(self.log), self.trust)
        assert history.position is not None
        assert history.commit is not None
        rendered = render_floors(
            history.entities,
            history.position,
            history.commit,
            trust=self.trust,
            signers=(self.signer,),
            now=int(time.time()),
            max_age=604800,
            accepted=history.holds,
            previous=lambda _gateway: None,
        )
        return {one.gateway: one.envelope for one in rendered}

    def gateway(self, gateway: str) -> Gateway:
        """The entity of one gateway."""
        entity = self.entities[f"gateway/{gateway}"]
        assert isinstance(entity, Gateway)
        return entity

    def layer(self, gateway: str) -> dict[str, str]:
        """Floor and trust of one gateway as files; gives the variables that tell an authorizer where they are."""
        floor, trust = self.folder / f"{gateway.replace('/', '-')}.floor.json", self.folder / "trust.json"
        floor.write_bytes(self.floors()[gateway] + b"\n")
        trust.write_bytes(seal(TRUST, self.trust.to_bytes(), [self.root]) + b"\n")
        return {"GATEFLEET_FLOOR": str(floor), "GATEFLEET_TRUST": str(trust)}

    def authorizer(self, gateway: str, write_line: Callable[[str], object] = lambda _line: None) -> ReferenceAuthorizer:
        """The reference authorizer of one gateway, on its floor."""
        floor = open_floor(self.floors()[gateway], self.trust)
        assert isinstance(floor, Floor)
        return ReferenceAuthorizer(Follower(floor, self.trust, None), write_line)

    def fleet(self) -> Fleet:
        floors = self.floors()
        apis = {name: api_of_entity(name, self.gateway(name)) for name in floors}
        files = {"decisions": self.folder / "decisions.jsonl", "requests": self.folder / "requests.jsonl"}
        return Fleet(floors, self.trust, lambda: FileReader(self.log), apis, **files)

    def bearer(self, client: str, *scopes: str, claims: Mapping[str, object] | None = None) -> tuple[str, str]:
        """The header with a fresh token."""
        token = self.issuer.mint(client, scopes, AUDIENCE, int(time.time()), claims=claims)
        return "authorization", f"Bearer {token}"


def an_issuer(development: DevelopmentIssuer, state: KeyState = KeyState.ACTIVE) -> Issuer:
    """The issuer entity that trusts this key."""
    key = IssuerKey(Algorithm.ES256, development.public_jwk, state)
    return Issuer(development.url, ("at+jwt",), "scope", "client_id", 30, 3600, {development.kid: key})
