"""`gatefleet plan` and `publish`: what the merge pipeline runs before it renders."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.options import COMMIT, ENVIRONMENT, FORM, KEY, LOG, REPO
from gatefleet.cli.output import OutputForm, progress, say, say_json, show_problems, styled
from gatefleet.problems import Exit, failure

if TYPE_CHECKING:
    from gatefleet.cli.context import OpenLog
    from gatefleet.log.keys import FileSigner
    from gatefleet.plan import Plan

ARCHIVE = typer.Option(None, "--archive", help="Its folder; else $GATEFLEET_ARCHIVE/NAME.", metavar="DIR")
_SIGNS = {"+": "green", "~": "yellow", "-": "red"}


def plan(
    environment: str | None = ENVIRONMENT,
    commit: str = COMMIT,
    log: str | None = LOG,
    repo: Path = REPO,
    form: OutputForm = FORM,
    detailed_exitcode: bool = typer.Option(False, "--detailed-exitcode", help="Exit code 2 when there are changes."),
) -> int:
    """Show what publishing a commit would change; write nothing."""
    from gatefleet.cli.context import environment_of, open_log_of
    from gatefleet.cli.loading import look_at_commit
    from gatefleet.log.history import read_history
    from gatefleet.plan import plan_changes, plan_json

    found = look_at_commit(repo, commit)
    wanted = environment_of(found.environments, environment)
    with open_log_of(repo, wanted, log, _commit(found.commit)) as opened:
        history = read_history(opened.reader, opened.trust)
        planned = plan_changes(found.state(wanted.name), _commit(found.commit), history, opened.trust)
    if form is OutputForm.JSON:
        say_json(plan_json(planned))
    else:
        _show_plan(planned)
    return Exit.CHANGES if detailed_exitcode and planned.changes else Exit.OK


def publish(
    environment: str | None = ENVIRONMENT,
    commit: str = COMMIT,
    log: str | None = LOG,
    key: list[Path] = KEY,
    archive: Path | None = ARCHIVE,
    repo: Path = REPO,
    form: OutputForm = FORM,
    snapshot_every: int = typer.Option(100, "--snapshot-every", min=0, help="A snapshot every N.", metavar="N"),
) -> None:
    """Publish a commit as one signed revision.

    It is in effect, whole, when this ends: archived, appended and read back.
    """
    from gatefleet.cli.context import environment_of, open_log_of
    from gatefleet.cli.loading import load_commit
    from gatefleet.desired import desired_state
    from gatefleet.log.archive import FolderArchive
    from gatefleet.plan import plan_json, summary
    from gatefleet.publish import GitAncestry, PolicyLog, Published
    from gatefleet.publish import publish as append

    signers = signers_of(key)
    loaded = load_commit(repo, commit)
    wanted = environment_of(loaded.model.environments, environment)
    desired = desired_state(loaded.model, wanted.name)
    with open_log_of(repo, wanted, log, _commit(loaded.commit)) as opened, opened.writer() as writer:
        _ensure_topic(opened)
        outcome = append(
            desired,
            _commit(loaded.commit),
            PolicyLog(
                reader=opened.reader,
                writer=writer,
                archive=FolderArchive(archive or _default_archive(wanted.name)),
                trust=opened.trust,
            ),
            signers=signers,
            ancestry=GitAncestry(repo),
            clock=lambda: int(time.time()),
            snapshot_every=snapshot_every,
            watch=lambda step, what: progress(f"{step}: {what}"),
        )
    published = isinstance(outcome, Published)
    if form is OutputForm.JSON:
        head = {"epoch": outcome.position.epoch, "revision": outcome.position.revision}
        say_json({**plan_json(outcome.plan), "published": published, "head": head})
        return
    if not published:
        say(summary(outcome.plan))
        return
    _show_plan(outcome.plan)
    say(f"{wanted.name} is at revision {outcome.position}, commit {_commit(loaded.commit)[:12]}")


def _commit(commit: str | None) -> str:
    assert commit is not None  # commands here always load a commit
    return commit


def signers_of(keys: list[Path]) -> list[FileSigner]:
    """The keys to sign with, and a warning for each that others may read. Raises GF651 when there is none."""
    from gatefleet.log.keys import FileSigner, readable_by_others

    if not keys:
        raise failure(
            "GF651", "--key", "a revision must be signed", fix="add --key FILE; `gatefleet keys new` makes one"
        )
    signers = [FileSigner.load(path) for path in keys]
    for path in keys:
        show_problems(readable_by_others(path))
    return signers


def _default_archive(environment: str) -> Path:
    root = os.environ.get("GATEFLEET_ARCHIVE")
    if not root:
        fix = "add --archive DIR, or set GATEFLEET_ARCHIVE; all publishers of a log share one"
        raise failure("GF652", "--archive", "where is the archive of this log?", fix=fix)
    return Path(root) / environment


def _ensure_topic(opened: OpenLog) -> None:
    """On Kafka: the policy topic as designed, created or verified."""
    if not opened.address.startswith("kafka:"):
        return
    from gatefleet.log.kafka_settings import settings_from_url
    from gatefleet.log.kafka_topic import ensure_topic
    from gatefleet.model.types import DEVELOPMENT

    settings, topic = settings_from_url(opened.address, os.environ)
    ensure_topic(settings, topic, production=opened.environment.name != DEVELOPMENT)


def _show_plan(planned: Plan) -> None:
    from gatefleet.plan import plan_lines

    for line in plan_lines(planned):
        say(styled(str(line), _SIGNS[line.sign]) if line.sign else str(line))
