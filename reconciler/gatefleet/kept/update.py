"""What a commit comes to, from what an earlier one came to and the few documents between which something can change.

This path says only "nothing is wrong with what changed"; anything else is found out whole. It rests on three sentences,
and `tests/unit/kept/test_update.py` holds it against the whole path edit by edit:

1. *A part stands for the whole.* A rule is about one document, a document and what it names, or two that claim the
   same, each seen with the frame (`ties`). So what is wrong now and was not before shows in the part made of the frame,
   the changed documents, those tied to them before or after, and what all these use.
2. *The part may show too much, never too little.* Whatever it shows sends the caller to the whole path.
3. *The rest stays.* Outside the part, entities and warnings are what they were; the clock is within the seconds in
   which no rule about it says anything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatefleet.checks import check
from gatefleet.desired import State, desired_state
from gatefleet.kept.outcome import Outcome
from gatefleet.kept.results import Results
from gatefleet.kept.ties import FRAME, Ties, ties_of
from gatefleet.model import Model, parse_model
from gatefleet.problems import GatefleetError
from gatefleet.source import Document, Sources, resolve_commit
from gatefleet.source.allocation import collector_paused
from gatefleet.source.git import changed_files, read_blobs
from gatefleet.source.layout import Slot, slot_of
from gatefleet.source.read import read_document
from gatefleet.source.strict_yaml import MAX_BYTES

# Beyond these the whole path, which keeps its results anew, is the better bargain.
_MOST_CHANGED = 20
_MOST_IN_PART = 400


def updated(repo: Path, commit: str, kept: Results, now: int) -> Outcome | None:
    """What a commit, named in any way git knows, comes to in the second `now`; None: it takes the whole path to tell.

    Raises GF040 to GF042 as `read_commit` does.
    """
    full = resolve_commit(repo, commit)
    if not kept.since <= now < kept.until:
        return None
    change = _change_of(repo, full, kept)
    if change is None:
        return None
    part = _part(kept, change)
    seen_anew = part | change.paths
    if len(part) > _MOST_IN_PART or any(one.place.path in seen_anew for one in kept.problems):
        return None
    others = _documents(repo, full, part)
    if others is None:
        return None
    documents = sorted([*change.documents, *others], key=lambda one: one.path)
    model, problems = parse_model(Sources(full, tuple(documents), (), frozenset()))
    numbers = _numbers(kept.numbers, change)
    if problems or check(model, now, numbers):
        return None
    gone = change.before.declares.union(*(kept.ties(path).declares for path in part))
    return Outcome(
        commit=full,
        problems=kept.problems,
        files=_files(kept.paths, change),
        numbers=numbers,
        environments=model.environments,
        state=lambda name: _state(kept, model, gone, name),
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """The paths of changed documents, those that are still there, and the ties of them all before and after."""

    paths: frozenset[str]
    documents: tuple[Document, ...]
    before: Ties
    after: Ties


def _change_of(repo: Path, commit: str, kept: Results) -> _Change | None:
    listed = changed_files(repo, kept.commit, commit)
    if listed is None:
        return None
    paths = set()
    for mode, path in listed:
        slot = slot_of(path)
        there = mode != "000000"
        if path.startswith(FRAME) or not (slot is None or isinstance(slot, Slot)) or (there and mode[:3] != "100"):
            return None
        if slot is not None:
            paths.add((path, there))
    if len(paths) > _MOST_CHANGED:
        return None
    documents = _documents(repo, commit, [path for path, there in sorted(paths) if there])
    if documents is None:
        return None
    model, _ = parse_model(Sources(commit, tuple(documents), (), frozenset()))  # its problems are found with the part
    return _Change(
        paths=frozenset(path for path, _ in paths),
        documents=tuple(documents),
        before=_together(kept.ties(path) for path, _ in paths),
        after=_together(ties_of(model).values()),
    )


def _together(ties: Iterable[Ties]) -> Ties:
    whole = Ties()
    for one in ties:
        whole.declares |= one.declares
        whole.uses |= one.uses
    return whole


def _part(kept: Results, change: _Change) -> frozenset[str]:
    """The paths of the unchanged documents that can have to do with the change, and of all that these use."""
    declared = change.before.declares | change.after.declares
    used = change.before.uses | change.after.uses
    part = {path for place in FRAME for path in kept.below(place)}
    tied = {path for name in declared for path in kept.using(name)}
    tied |= {path for name in declared | used for path in kept.declaring(name)}
    known = set(used)
    while tied := tied - part - change.paths:
        part |= tied
        if len(part) > _MOST_IN_PART:
            break
        names = {name for path in tied for name in kept.ties(path).uses} - known
        known |= names
        tied = {path for name in names for path in kept.declaring(name)}
    return frozenset(part)


def _documents(repo: Path, commit: str, paths: Iterable[str]) -> Sequence[Document] | None:
    """Documents of a commit, read strictly; None when one of them cannot be."""
    slots = {path: slot_of(path) for path in sorted(paths)}
    contents = read_blobs(repo, [f"{commit}:{path}" for path in slots], MAX_BYTES)
    documents = []
    try:
        for path, content in zip(slots, contents, strict=True):
            slot = slots[path]
            if not isinstance(slot, Slot) or not isinstance(content, bytes):
                return None
            document, _ = read_document(path, slot, content)
            if document is None:
                return None
            documents.append(document)
    except (GatefleetError, UnicodeEncodeError):  # no such file: the whole path says what is wrong, if anything is
        return None
    return documents


def _files(before: tuple[str, ...], change: _Change) -> tuple[str, ...]:
    there = {one.path for one in change.documents}
    if change.paths == there and there.issubset(before):
        return before
    return tuple(sorted(there.union(before) - (change.paths - there)))


def _numbers(before: Mapping[str, int], change: _Change) -> Mapping[str, int]:
    came, went = _kinds(change.after.declares), _kinds(change.before.declares)
    return {kind: number + came[kind] - went[kind] for kind, number in before.items()}


def _kinds(names: Iterable[str]) -> Counter[str]:
    return Counter(name.partition("/")[0] for name in names)


def _state(kept: Results, model: Model, gone: Iterable[str], environment: str) -> State:
    """The kept entities, with those of the part made anew."""
    with collector_paused():
        entities = kept.entities_of(environment)
        for key in gone:
            entities.pop(key, None)
        entities.update(desired_state(model, environment).entities)
        return State({key: entities[key] for key in sorted(entities)})
