"""`gatefleet render`: each gateway's Terraform root and signed floor, into a folder or onto the branch `fleet`."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.options import COMMIT, ENVIRONMENT, FORM, KEY, LOG, REPO
from gatefleet.cli.output import OutputForm, counted, progress, say, say_json, styled
from gatefleet.problems import Exit, failure

if TYPE_CHECKING:
    from gatefleet.log.history import History
    from gatefleet.render import FileChange, FleetBranch

_COLOURS = {"+": "green", "~": "yellow", "-": "red"}
OUT = typer.Option(None, "--out", help="The folder to render into.", metavar="DIR")
PUSH = typer.Option(False, "--push", help="Commit onto the branch `fleet`.")
REMOTE = typer.Option(None, "--remote", help="Where that branch is; else in this clone.", metavar="NAME")
CHECK = typer.Option(False, "--check", help="Write nothing; exit code 3 when something is out of date.")
FLOORS = typer.Option(False, "--floors", help="The floors alone.")


def render(
    out: Path | None = OUT,
    push: bool = PUSH,
    remote: str | None = REMOTE,
    check: bool = CHECK,
    floors: bool = FLOORS,
    environment: str | None = ENVIRONMENT,
    commit: str = COMMIT,
    log: str | None = LOG,
    key: list[Path] = KEY,
    repo: Path = REPO,
    form: OutputForm = FORM,
) -> int:
    """Write each gateway's Terraform and its signed floor.

    They are those at the log's head. What did not change is kept byte for byte.
    """
    from gatefleet.cli.context import environment_of, open_log_of, trust_document
    from gatefleet.cli.loading import load_commit
    from gatefleet.cli.pipeline import signers_of
    from gatefleet.log.history import read_history
    from gatefleet.render import ROOTS, FleetBranch, changes, emptied, render_files, render_floors, root_folder

    if (out is None) == (not push):
        raise failure("GF649", "render", "where to?", fix="add --out DIR, or --push for the branch `fleet`")
    signers = () if check else signers_of(key)  # what is out of date shows without a signature
    loaded = load_commit(repo, commit)
    wanted = environment_of(loaded.model.environments, environment)
    with open_log_of(repo, wanted, log, loaded.commit) as opened:
        history = read_history(opened.reader, opened.trust)
    if history.position is None or history.commit is None:
        raise failure("GF650", opened.address, "the log is empty, so there is no floor yet", fix="gatefleet publish")

    branch = FleetBranch(repo, remote) if push else None
    tip = branch.tip() if branch else None
    before = branch.files(tip, ROOTS) if branch else _files_in(out or Path(), ROOTS)
    before = {path: content for path, content in before.items() if path.split("/")[3:4] == [wanted.name]}
    rendered = render_floors(
        history.entities,
        history.position,
        history.commit,
        trust=opened.trust,
        signers=signers,
        now=int(time.time()),
        max_age=loaded.model.conventions.floor_max_age,
        accepted=history.holds,
        offset_of=history.offset_of,
        previous=lambda gateway: _envelope(before.get(f"{root_folder(wanted.name, gateway)}/floor.json")),
    )
    if floors:
        files = {f"{root_folder(wanted.name, one.gateway)}/floor.json": one.envelope + b"\n" for one in rendered}
        before = {path: content for path, content in before.items() if path in files}
    else:
        files = render_files(loaded.model, wanted, rendered, trust_document(repo, wanted, loaded.commit))
        files |= emptied(files, before, loaded.model, wanted)
    found = changes(files, before, rendered, wanted)

    if found and not check:
        if branch is not None:
            _commit(branch, tip, found, wanted.name, history)
        else:
            _write(out or Path(), found)
    _report(found, len(files), wanted.name, history, form, check=check)
    return Exit.FINDINGS if check and found else Exit.OK


def check_plan(
    root: Path = typer.Argument(..., help="The rendered root.", metavar="DIR"),
    plan: Path = typer.Option(..., "--plan", help="What `terraform show -json` says of it.", metavar="FILE"),
    form: OutputForm = FORM,
) -> int:
    """Hold a Terraform plan against the root's signed floor.

    Nothing is open that is not public, nothing is kept longer than the policy says, and this floor is baked in. Exit
    code 3 when it differs.
    """
    from gatefleet.cli.output import show_problems
    from gatefleet.log.opening import Refused, open_floor
    from gatefleet.log.trust import parse_trust
    from gatefleet.problems import Place
    from gatefleet.render import check_plan as check

    envelope, trust = _content(root / "floor.json"), _content(root / "trust.json")
    parsed = parse_trust(trust.strip(), str(root / "trust.json"))
    floor = open_floor(envelope.strip(), parsed)
    if isinstance(floor, Refused):
        what = f"the floor is refused: {floor.reason}, {floor.what}"
        raise failure("GF624", str(root / "floor.json"), what, fix="render again")
    try:
        planned = json.loads(_content(plan))
    except ValueError:
        raise failure("GF555", str(plan), "is no JSON", fix=f"terraform show -json PLAN > {plan}") from None
    problems = check(planned if isinstance(planned, dict) else {}, floor, envelope, trust, Place(str(plan)))
    if form is OutputForm.JSON:
        listed = [{"code": one.code, "what": one.what} for one in problems]
        say_json({"format_version": 1, "gateway": floor.gateway, "problems": listed})
    else:
        show_problems(problems)
        say(f"{floor.gateway} in {floor.environment}: {counted(len(problems), 'difference')} from its floor")
    return Exit.FINDINGS if problems else Exit.OK


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise failure("GF653", str(path), f"cannot be read: {error.strerror}") from None


def _report(
    found: Sequence[FileChange], files: int, environment: str, history: History, form: OutputForm, *, check: bool
) -> None:
    position = history.position
    assert position is not None
    if form is OutputForm.JSON:
        listed = [{"path": one.path, "change": one.change.value, "why": one.why} for one in found]
        head = {"epoch": position.epoch, "revision": position.revision}
        say_json({"format_version": 1, "environment": environment, "head": head, "files": files, "changed": listed})
        return
    for one in found:
        (say if check else progress)(styled(f"{one.change.value} {one.path}: {one.why}", _COLOURS[one.change.value]))
    at = f"{environment} at revision {position}"
    changed = counted(len(found), "file")
    kept = files - len([one for one in found if one.content is not None])
    if check:
        say(f"{changed} out of date; {at}. Run `gatefleet render`" if found else f"Everything is up to date; {at}")
    else:
        say(f"{changed} rendered, {kept} kept; {at}" if found else f"No changes; {at}")


def _commit(branch: FleetBranch, tip: str | None, found: Sequence[FileChange], environment: str, at: History) -> None:
    gateways = sorted({"/".join((part[2], part[4])) for one in found if len(part := one.path.split("/")) > 4})
    subject = f"Render {environment} at revision {at.position}: {counted(len(gateways), 'gateway')}"
    trailers = {
        "Gatefleet-Environment": environment,
        "Gatefleet-Revision": str(at.position),
        "Gatefleet-Commit": at.commit or "",
    }
    progress(f"{branch.branch}: {branch.commit(tip, found, subject, trailers)[:12]} {subject}")


def _files_in(folder: Path, below: str) -> dict[str, bytes]:
    found = {}
    for path in sorted((folder / below).rglob("*")):
        if path.is_file() and path.name in {"main.tf.json", "floor.json", "trust.json", "floor.zip"}:
            found[path.relative_to(folder).as_posix()] = _content(path)
    return found


def _envelope(content: bytes | None) -> bytes | None:
    return None if content is None else content.strip()


def _write(folder: Path, found: Sequence[FileChange]) -> None:
    """Write every file beside its place first: a full disk or a missing right is met before anything is replaced."""
    contents: Mapping[Path, bytes | None] = {folder / one.path: one.content for one in found}
    fresh = {path: path.with_name(f".{path.name}.new") for path, content in contents.items() if content is not None}
    path, replaced = Path(), 0
    try:
        for path, beside in fresh.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(contents[path] or b"")
        for path, content in contents.items():
            if content is None:
                path.unlink()
            else:
                fresh[path].replace(path)
            replaced += 1
    except OSError as error:
        for beside in fresh.values():
            with suppress(OSError):
                beside.unlink()
        state = f"{counted(replaced, 'file')} of {len(contents)} changed" if replaced else "nothing was changed"
        fix = f"check the folder and the rights on it, then render again; {state}"
        raise failure("GF653", str(path), f"cannot be written: {error.strerror}", fix=fix) from None
