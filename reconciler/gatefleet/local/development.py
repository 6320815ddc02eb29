"""The environment `development`: generated keys, a loopback issuer and a log of its own, in a throw-away clone.

The company's issuers hold their private keys elsewhere, so here one generated issuer stands in for all of them
(`substitute_issuers`, refused in every other environment). Nothing of it is ever committed to the repository itself.
"""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatefleet.contract.entities import Algorithm
from gatefleet.local.tokens import DevelopmentIssuer
from gatefleet.log.envelope import TRUST, seal
from gatefleet.log.keys import FileSigner, new_key
from gatefleet.log.trust import Role, make_trust
from gatefleet.model.types import DEVELOPMENT
from gatefleet.problems import failure

ISSUER_URL = "http://127.0.0.1/development-issuer"
ISSUER_FILE = Path("policies/issuers/development.yaml")
TRUST_FILE = Path("policies/environments/development.trust.json")
ENVIRONMENT_FILE = Path("policies/environments/development.yaml")

# Of the clone alone: its commits are nobody's, unsigned, and no hook of this machine has a say in them.
_GIT_CONFIG = {
    "user.name": "gatefleet demo",
    "user.email": "demo@localhost",
    "commit.gpgsign": "false",
    "core.hooksPath": "/dev/null",
}


@dataclass(frozen=True, slots=True)
class Development:
    """A clone with the environment in it, and the private keys beside it (never inside)."""

    repo: Path
    keys: Path
    signer: FileSigner
    issuer: DevelopmentIssuer


def issuer_yaml(keys: Iterable[tuple[DevelopmentIssuer, str]], not_after: int = 0) -> bytes:
    """The file of the development issuer, whose keys are in these states; one that retires ends at `not_after`."""
    listed = ""
    for one, state in keys:
        jwk = "".join(f"      {name}: {value}\n" for name, value in sorted(one.public_jwk.items()))
        ends = f"    not_after: {_time(not_after)}\n" if state == "retiring" else ""
        listed += f"  {one.kid}:\n    alg: {Algorithm.ES256}\n    state: {state}\n{ends}    jwk:\n{jwk}"
    return (
        "kind: Issuer\n"
        "description: Stands in for every issuer while developing; its keys were generated for this clone.\n"
        f"issuer: {ISSUER_URL}\n"
        "typ:\n  - at+jwt\n"
        "scope_claim: scope\nclient_id_claim: client_id\n"
        "clock_skew: 30\nmax_lifetime: 3600\n"
        f"keys:\n{listed}"
    ).encode()


def clone(repository: Path, into: Path) -> None:
    """Clone the repository's HEAD into a new folder. Raises GF620 when it is no checkout."""
    try:
        _git(Path(), "clone", "--quiet", "--no-hardlinks", "--", str(repository), str(into))
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else error.strerror
        raise failure(
            "GF620",
            str(repository),
            f"cannot be cloned: {said or 'git said no more'}",
            fix="run it in a git checkout of gatefleet with at least one commit",
        ) from None


def add_development(
    repo: Path, issuers: tuple[str, ...], blast_limit: Mapping[str, int], now: int, kafka: str | None = None
) -> Development:
    """Write the environment into the clone and commit it; the development issuer stands for all of `issuers`.

    `kafka` is the address of a broker on loopback, None for a file log.
    """
    set_author(repo)
    keys = repo.parent / "keys"
    keys.mkdir(mode=0o700)
    root, signer = new_key(keys / "root.key.pem"), new_key(keys / "publish.key.pem")
    issuer = DevelopmentIssuer.create(keys / "issuer.key.pem", ISSUER_URL)
    log = f"development-{secrets.token_hex(6)}"
    trust = make_trust(
        environment=DEVELOPMENT,
        log=log,
        version=1,
        issued_at=now,
        roles={Role.ROOT: ([root], 1), Role.PUBLISH: ([signer], 1)},
        blast_limit=blast_limit,
    )
    (repo / TRUST_FILE).write_bytes(seal(TRUST, trust.to_bytes(), [root]) + b"\n")
    (repo / ISSUER_FILE).write_bytes(issuer_yaml([(issuer, "active")]))
    (repo / ENVIRONMENT_FILE).write_text(_environment_yaml(log, issuers, kafka), encoding="utf-8")
    commit(repo, "Add the environment development with generated keys")
    return Development(repo, keys, signer, issuer)


def set_author(repo: Path) -> None:
    """Let commits in a clone be nobody's."""
    for name, value in _GIT_CONFIG.items():
        _git(repo, "config", name, value)


def commit(repo: Path, message: str) -> str:
    """Commit everything that changed in the clone; returns the commit id."""
    _git(repo, "add", "--all")
    _git(repo, "commit", "--quiet", "--message", message)
    return _git(repo, "rev-parse", "HEAD").strip()


def branch(repo: Path, name: str) -> None:
    """Begin a branch and go to it."""
    _git(repo, "checkout", "--quiet", "-b", name)


def merge(repo: Path, name: str) -> None:
    """Go back to the branch before, and fast-forward it to `name`."""
    _git(repo, "checkout", "--quiet", "-")
    _git(repo, "merge", "--quiet", "--ff-only", name)


def revert(repo: Path) -> None:
    """Undo the newest commit by another one, as `git revert` does."""
    _git(repo, "revert", "--no-edit", "HEAD")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _environment_yaml(log: str, issuers: tuple[str, ...], kafka: str | None) -> str:
    listed = "".join(f"  - {name}\n" for name in issuers)
    substituted = "".join(f"  {name}: development\n" for name in issuers)
    broker = f"kafka:\n  bootstrap:\n    - {kafka}\n  security: PLAINTEXT\n" if kafka else ""
    return (
        "kind: Environment\n"
        "description: A fleet on this machine, thrown away when it stops.\n"
        "order: 99\n"
        f"log: {log}\n"
        f"trust: {TRUST_FILE}\n"
        f"issuers:\n{listed}"
        f"substitute_issuers:\n{substituted}"
        f"revocation_slo: 10\n{broker}"
    )
