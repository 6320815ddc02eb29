"""`gatefleet log`: what is on the log, proof of it, and its archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.options import ENVIRONMENT, FORM, LOG, REPO
from gatefleet.cli.output import OutputForm, counted, problem_json, progress, say, say_json, say_table, show_problems
from gatefleet.problems import Exit, failure

if TYPE_CHECKING:
    from gatefleet.contract.digests import Position
    from gatefleet.log.history import History

app = typer.Typer(help="What is on the log, proof of it, and its archive.", no_args_is_help=True)

ARCHIVE = typer.Option(..., "--archive", help="The archive's folder.", metavar="DIR")


@app.command("show")
def show(
    log: str | None = LOG, environment: str | None = ENVIRONMENT, repo: Path = REPO, form: OutputForm = FORM
) -> None:
    """List the revisions, newest last, and what does not count."""
    from gatefleet.cli.context import open_log
    from gatefleet.log.history import read_history

    with open_log(repo, environment, log) as opened:
        history = read_history(opened.reader, opened.trust)
    if form is OutputForm.JSON:
        say_json(_history_json(history))
        return
    rows = [
        (
            str(one.position),
            one.revision.commit[:12],
            _time(one.revision.issued_at),
            f"{len(one.revision.changes)} changed",
            f"+{one.revision.widens} -{one.revision.narrows}",
            one.position.digest[:12],
        )
        for one in history.revisions
    ]
    say_table(("revision", "commit", "issued", "entities", "access", "digest"), rows)
    for refusal in history.refusals:
        say(f"refused at offset {refusal.offset}: {refusal.refused.reason}, {refusal.refused.what}")
    entities = f"{len(history.entities)} entities, state {history.state[:12]}" if history.position else "an empty log"
    refused = counted(len(history.refusals), "refused record")
    say(f"{counted(len(history.revisions), 'revision')}, {refused}; {entities}")


@app.command("verify")
def verify(
    log: str | None = LOG,
    environment: str | None = ENVIRONMENT,
    repo: Path = REPO,
    commit: str | None = typer.Option(None, "--commit", help="The commit that the head must be of.", metavar="COMMIT"),
    form: OutputForm = FORM,
) -> int:
    """Prove the chain from genesis to head.

    With --commit also that the head is that commit's policy, to the byte. Exit code 3 when it is not.
    """
    from gatefleet.cli.context import open_log
    from gatefleet.cli.loading import load_commit
    from gatefleet.desired import desired_state
    from gatefleet.log.verify import verify_log

    with open_log(repo, environment, log) as opened:
        loaded = load_commit(repo, commit) if commit else None
        state = desired_state(loaded.model, opened.trust.environment).digest if loaded else None
        expected = loaded.commit if loaded else None
        proof = verify_log(opened.reader, opened.trust, state=state, commit=expected)
    problems = [finding.problem(opened.address) for finding in proof.findings]
    head = proof.history.position
    if form is OutputForm.JSON:
        proven = {"verified": not problems, "findings": [problem_json(one) for one in problems]}
        say_json({**_history_json(proof.history), **proven})
    elif problems:
        show_problems(problems)
        say(f"not verified: {counted(len(problems), 'finding')}")
    else:
        is_of = f", which is commit {expected[:12]}" if expected else ""
        revisions = counted(len(proof.history.revisions), "revision")
        say(f"verified: {revisions} from genesis to {head}{is_of}" if head else "verified: the log is empty")
    return Exit.FINDINGS if problems else Exit.OK


@app.command("archive")
def archive(
    log: str | None = LOG,
    environment: str | None = ENVIRONMENT,
    repo: Path = REPO,
    folder: Path = ARCHIVE,
    form: OutputForm = FORM,
) -> None:
    """Copy into the archive what it lacks of the log."""
    from gatefleet.cli.context import open_log
    from gatefleet.log.archive import FolderArchive
    from gatefleet.log.history import read_history
    from gatefleet.log.restore import compare_with_archive

    kept = FolderArchive(folder)
    with open_log(repo, environment, log) as opened:
        history = read_history(opened.reader, opened.trust)
        _check_beginning(opened.address, history)
        missing = compare_with_archive(kept, history, opened.trust).in_archive
    for name, envelope in missing:
        kept.put(name, envelope)
    if form is OutputForm.JSON:
        say_json({"format_version": 1, "archived": len(missing), "head": _position_json(history.position)})
        return
    end = f"to revision {history.position}" if history.position else "to its end: it is empty"
    say(f"{counted(len(missing), 'envelope')} archived; the archive holds the log {end}")


@app.command("restore")
def restore(
    log: str | None = LOG,
    environment: str | None = ENVIRONMENT,
    repo: Path = REPO,
    folder: Path = ARCHIVE,
    form: OutputForm = FORM,
) -> None:
    """Append to the log what it lacks of the archive."""
    from gatefleet.cli.context import open_log
    from gatefleet.log.archive import FolderArchive
    from gatefleet.log.history import read_history
    from gatefleet.log.restore import compare_with_archive
    from gatefleet.publish.agreement import check_ours

    kept = FolderArchive(folder)
    with open_log(repo, environment, log) as opened:
        history = read_history(opened.reader, opened.trust)
        check_ours(opened.address, history, kept.names())
        missing = compare_with_archive(kept, history, opened.trust).on_log
        if missing:
            progress(f"appending {counted(len(missing), 'envelope')}")
            with opened.writer() as writer:
                writer.append(missing)
            history = read_history(opened.reader, opened.trust)
    if form is OutputForm.JSON:
        say_json({"format_version": 1, "restored": len(missing), "head": _position_json(history.position)})
        return
    head = f"is at revision {history.position}" if history.position else "and the archive are empty"
    say(f"{counted(len(missing), 'envelope')} restored; the log {head}")


def _check_beginning(address: str, history: History) -> None:
    if history.position is None and history.next_offset > 0:
        what = "does not show its beginning: nothing that is on it can be archived"
        fix = "if it is the right log, complete it from its archive: `gatefleet log restore`"
        raise failure("GF526", address, what, fix=fix)


def _position_json(head: Position | None) -> dict[str, object] | None:
    return None if head is None else {"epoch": head.epoch, "revision": head.revision, "digest": head.digest}


def _history_json(history: History) -> dict[str, object]:
    return {
        "format_version": 1,
        "head": _position_json(history.position),
        "commit": history.commit,
        "state": history.state,
        "entities": len(history.entities),
        "revisions": [
            {
                "epoch": one.position.epoch,
                "revision": one.position.revision,
                "digest": one.position.digest,
                "offset": one.offset,
                "commit": one.revision.commit,
                "issued_at": one.revision.issued_at,
                "changes": len(one.revision.changes),
                "widens": one.revision.widens,
                "narrows": one.revision.narrows,
                "signers": sorted(one.signers),
            }
            for one in history.revisions
        ],
        "refused": [
            {"offset": one.offset, "reason": one.refused.reason, "what": one.refused.what} for one in history.refusals
        ],
    }


def _time(seconds: int) -> str:
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):  # a signed time beyond the calendar is still to be shown
        return f"{seconds} s"
