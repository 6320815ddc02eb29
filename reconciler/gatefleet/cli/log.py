"""`gatefleet log`: what is on the log, proof of it, and its archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.output import OutputForm, problem_json, progress, say, say_json, say_table, show_problems
from gatefleet.problems import Exit

if TYPE_CHECKING:
    from gatefleet.log.history import History

app = typer.Typer(help="What is on the log, proof of it, and its archive.", no_args_is_help=True)

LOG = typer.Option(None, "--log", help="file:PATH or kafka:HOST:PORT/TOPIC; by default the environment's.")
ENVIRONMENT = typer.Option(None, "--environment", "-e", help="Which environment's log.")
REPO = typer.Option(Path(), "--repo", help="The policy repository, which holds the trust document.")
ARCHIVE = typer.Option(..., "--archive", help="The archive's folder.", metavar="DIR")
FORM = typer.Option(OutputForm.TABLE, "-o", "--output", help="For people or for machines.")


@app.command("show")
def show(
    log: str | None = LOG, environment: str | None = ENVIRONMENT, repo: Path = REPO, form: OutputForm = FORM
) -> None:
    """List the revisions of a log, newest last, and what on it does not count."""
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
    say(f"{len(history.revisions)} revisions, {len(history.refusals)} refused records; {entities}")


@app.command("verify")
def verify(
    log: str | None = LOG,
    environment: str | None = ENVIRONMENT,
    repo: Path = REPO,
    commit: str | None = typer.Option(None, "--commit", help="The commit that the head must be of."),
    form: OutputForm = FORM,
) -> int:
    """Prove the chain from genesis to head; with --commit also that the head is that commit's policy, to the byte."""
    from gatefleet.cli.context import load_commit, open_log
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
        say(f"not verified: {len(problems)} findings")
    else:
        is_of = f", which is commit {expected[:12]}" if expected else ""
        say(f"verified: {len(proof.history.revisions)} revisions from genesis to {head or 'an empty log'}{is_of}")
    return Exit.FINDINGS if problems else Exit.OK


@app.command("archive")
def archive(
    log: str | None = LOG, environment: str | None = ENVIRONMENT, repo: Path = REPO, folder: Path = ARCHIVE
) -> None:
    """Copy into the archive what the log has and it lacks, verified."""
    from gatefleet.cli.context import open_log
    from gatefleet.log.archive import FolderArchive
    from gatefleet.log.history import read_history
    from gatefleet.log.restore import compare_with_archive

    kept = FolderArchive(folder)
    with open_log(repo, environment, log) as opened:
        history = read_history(opened.reader, opened.trust)
        missing = compare_with_archive(kept, history, opened.trust).in_archive
    for name, envelope in missing:
        kept.put(name, envelope)
    say(f"{len(missing)} envelopes archived; the archive holds the log to {history.position or 'its (empty) end'}")


@app.command("restore")
def restore(
    log: str | None = LOG, environment: str | None = ENVIRONMENT, repo: Path = REPO, folder: Path = ARCHIVE
) -> None:
    """Append to the log, byte for byte, what the archive has and it lacks."""
    from gatefleet.cli.context import open_log
    from gatefleet.log.archive import FolderArchive
    from gatefleet.log.history import read_history
    from gatefleet.log.restore import compare_with_archive

    with open_log(repo, environment, log) as opened:
        history = read_history(opened.reader, opened.trust)
        missing = compare_with_archive(FolderArchive(folder), history, opened.trust).on_log
        if missing:
            progress(f"appending {len(missing)} envelopes")
            with opened.writer() as writer:
                writer.append(missing)
            history = read_history(opened.reader, opened.trust)
    say(f"{len(missing)} envelopes restored; the log's head is {history.position or 'nothing: both are empty'}")


def _history_json(history: History) -> dict[str, object]:
    head = history.position
    return {
        "format_version": 1,
        "head": None if head is None else {"epoch": head.epoch, "revision": head.revision, "digest": head.digest},
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

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
