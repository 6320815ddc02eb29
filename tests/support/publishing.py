"""A publisher's surroundings: a log in a file, an archive in a folder, trust, keys and a repository, all real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.repository import Repository
from tests.support.states import Asked

from gatefleet.contract.digests import digest
from gatefleet.log.archive import FolderArchive
from gatefleet.log.envelope import parse_envelope
from gatefleet.log.file import FileReader, FileWriter
from gatefleet.log.history import History, read_history
from gatefleet.log.keys import FileSigner, new_key
from gatefleet.log.transport import LogReader, LogWriter
from gatefleet.log.trust import Role, Trust, make_trust
from gatefleet.publish import GitAncestry, NothingToDo, PolicyLog, Published, Step, publish, recover

NOW = 1_790_000_000
WIDE = {"issuer": 1000, "scope": 1000, "client": 1000, "gateway": 1000}


def a_trust(
    root: FileSigner,
    *publishers: FileSigner,
    environment: str = "staging",
    log: str = "5b0f7a52-staging",
    threshold: int = 1,
    **blast_limit: int,
) -> Trust:
    """A trust document that lets `publishers` publish; without a limit given, any number of keys may change."""
    return make_trust(
        environment=environment,
        log=log,
        version=1,
        issued_at=NOW,
        roles={Role.ROOT: ([root], 1), Role.PUBLISH: (publishers, threshold)},
        blast_limit=WIDE | blast_limit,
    )


@dataclass
class Steps:
    """Watches a publication: what was done, in order, and what to do in between."""

    seen: list[Step] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    at: dict[Step, Any] = field(default_factory=dict)

    def __call__(self, step: Step, what: str) -> None:
        self.seen.append(step)
        self.told.append(what)
        if step in self.at:
            self.at[step]()


@dataclass(frozen=True)
class Yard:
    """Where one publisher works. `another_archive` is a second publisher of the same log with an archive of its own."""

    folder: Path
    repository: Repository
    trust: Trust
    signers: tuple[FileSigner, ...]
    root: FileSigner
    archive: FolderArchive
    reader: LogReader
    writer: LogWriter

    @property
    def log(self) -> PolicyLog:
        return PolicyLog(self.reader, self.writer, self.archive, self.trust)

    @property
    def log_path(self) -> Path:
        return self.folder / "log.jsonl"

    @property
    def archive_path(self) -> Path:
        return Path(self.archive.place)

    def publish(self, commit: str, desired: Asked | None = None, **options: Any) -> Published | NothingToDo:
        """Publish what a commit asks for, or something else in its name."""
        options.setdefault("clock", lambda: NOW)
        options.setdefault("ancestry", GitAncestry(self.repository.path))
        options.setdefault("signers", self.signers)
        return publish(desired or self.repository.asked(commit), commit, self.log, **options)

    def recover(self, **options: Any) -> History:
        return recover(self.log, **options)

    def history(self) -> History:
        """The log as somebody reads it who holds nothing yet."""
        return read_history(FileReader(self.log_path), self.trust)

    def lines(self) -> list[bytes]:
        """The envelopes on the log."""
        return self.log_path.read_bytes().splitlines() if self.log_path.exists() else []

    def append(self, *envelopes: bytes) -> None:
        """Append to the log behind the publisher's back."""
        FileWriter(self.log_path).append(envelopes)

    def rewrite(self, lines: Sequence[bytes]) -> None:
        """Replace the log by another one with these envelopes."""
        self.log_path.unlink(missing_ok=True)
        self.log_path.write_bytes(b"".join(line + b"\n" for line in lines))

    def archived(self) -> dict[str, bytes]:
        """Every file of the archive, those set aside and unfinished ones too."""
        files = sorted(path for path in self.archive_path.rglob("*") if path.is_file())
        return {str(path.relative_to(self.archive_path)): path.read_bytes() for path in files}

    def entries(self) -> list[bytes]:
        """The archive's entries in order, without what was set aside."""
        return [text for name in self.archive.names() if (text := self.archive.read(name)) is not None]

    def set_aside(self) -> list[str]:
        """The names under which the archive keeps what never was on the chain."""
        return [name.removeprefix(".set-aside/") for name in self.archived() if name.startswith(".set-aside/")]

    def set_aside_digests(self) -> list[str]:
        """The payload digests of what was set aside."""
        kept = [text for name, text in self.archived().items() if name.startswith(".set-aside/")]
        return [digest(parse_envelope(text).payload) for text in kept]

    def everything(self) -> tuple[list[bytes], dict[str, bytes]]:
        """Log and archive, to see that nothing was written."""
        return self.lines(), self.archived()

    def another(self) -> Yard:
        """A second publisher at the same log and archive, with its own connections."""
        return replace(self, reader=FileReader(self.log_path), writer=FileWriter(self.log_path))

    def another_archive(self, name: str = "another-archive") -> Yard:
        """A second publisher at the same log, with an archive of its own."""
        return replace(self.another(), archive=FolderArchive(self.folder / name))


def a_yard(folder: Path, *, signers: int = 1, threshold: int = 1, **blast_limit: int) -> Yard:
    """An empty log with everything a publisher of it needs; of the same folder, what was made there before."""
    folder.mkdir(parents=True, exist_ok=True)
    root = _key(folder / "root.pem")
    publishers = tuple(_key(folder / f"publisher-{number}.pem") for number in range(signers))
    return Yard(
        folder=folder,
        repository=Repository(folder / "repository"),
        trust=a_trust(root, *publishers, threshold=threshold, **blast_limit),
        signers=publishers,
        root=root,
        archive=FolderArchive(folder / "archive"),
        reader=FileReader(folder / "log.jsonl"),
        writer=FileWriter(folder / "log.jsonl"),
    )


def _key(path: Path) -> FileSigner:
    return FileSigner.load(path) if path.exists() else new_key(path)
