from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.support.publishing import Steps, Yard, a_yard
from tests.support.states import Asked, a_client, a_scope, asked

from gatefleet.contract.entities import Entity
from gatefleet.log.keys import new_key
from gatefleet.log.transport import LogUnavailableError, LogWriter
from gatefleet.problems import GatefleetError, failure
from gatefleet.publish import NothingToDo, Published, Step

READ = "scope/orders:read"
WRITE = "scope/orders:write"
WEB = "client/web"


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return a_yard(tmp_path)


def scopes(*names: str) -> dict[str, Entity]:
    return {f"scope/{name}": a_scope() for name in names}


def codes(caught: pytest.ExceptionInfo[GatefleetError]) -> list[str]:
    return [problem.code for problem in caught.value.problems]


def test_the_first_publication_begins_the_log_with_the_whole_policy(yard: Yard):
    commit = yard.repository.commit({READ: a_scope(), WEB: a_client("orders:read")})
    published = yard.publish(commit)
    assert isinstance(published, Published)
    history = yard.history()
    assert (published.position, published.attempts) == (history.position, 1)
    assert (history.commit, history.entities) == (commit, yard.repository.asked(commit).entities)
    assert [change.key for change in history.revisions[0].revision.changes] == [WEB, READ]
    assert history.refusals == history.faults == ()


def test_a_revision_carries_its_changes_and_what_they_can_do(yard: Yard):
    yard.publish(yard.repository.commit({READ: a_scope(), WRITE: a_scope()}))
    second = yard.repository.commit({READ: a_scope(active=False), WEB: a_client("orders:read")})
    yard.publish(second)
    revision = yard.history().revisions[1].revision
    assert [(change.key, change.value is None) for change in revision.changes] == [
        (WEB, False),
        (READ, False),
        (WRITE, True),
    ]
    assert (revision.widens, revision.narrows) == (1, 2)
    assert revision.state == yard.repository.asked(second).digest


def test_the_archive_holds_what_the_log_holds_byte_for_byte(yard: Yard):
    for names in (["a"], ["a", "b"], ["b"]):
        yard.publish(yard.repository.commit(scopes(*names)))
    assert list(yard.archived().values()) == yard.lines()
    assert list(yard.archived()) == ["1/1.revision", "1/2.revision", "1/3.revision"]


def test_the_same_commit_again_is_nothing_to_do_and_writes_nothing(yard: Yard):
    commit = yard.repository.commit(scopes("a"))
    first = yard.publish(commit)
    before = yard.everything()
    again = yard.publish(commit)
    assert isinstance(again, NothingToDo)
    assert (again.position, again.plan.changes) == (first.position, ())
    assert yard.everything() == before


def test_a_later_commit_of_the_same_state_is_an_empty_revision(yard: Yard):
    yard.publish(yard.repository.commit(scopes("a")))
    later = yard.repository.commit(scopes("a"))
    assert isinstance(yard.publish(later), Published)
    history = yard.history()
    assert history.commit == later
    assert history.revisions[1].revision.changes == ()
    assert isinstance(yard.publish(later), NothingToDo)


def test_an_environment_without_policy_still_begins_its_log(yard: Yard):
    commit = yard.repository.commit({})
    assert isinstance(yard.publish(commit), Published)
    assert isinstance(yard.publish(commit), NothingToDo)
    assert len(yard.lines()) == 1


def test_a_commit_that_is_read_differently_now_is_published_again(yard: Yard):
    commit = yard.repository.commit(scopes("a"))
    yard.publish(commit)
    assert isinstance(yard.publish(commit, asked({READ: a_scope()})), Published)
    assert list(yard.history().entities) == [READ]


# --- ancestry ---------------------------------------------------------------------------------------------------------


def test_an_older_commit_is_refused_and_the_way_back_is_named(yard: Yard):
    older, newer = (yard.repository.commit(scopes(name)) for name in "ab")
    yard.publish(newer)
    before = yard.everything()
    with pytest.raises(GatefleetError, match="git revert") as caught:
        yard.publish(older)
    assert codes(caught) == ["GF510"]
    assert yard.everything() == before


def test_a_revert_is_the_way_back(yard: Yard):
    first = yard.repository.commit(scopes("a"))
    yard.publish(first)
    second = yard.repository.commit(scopes("a", "b"))
    yard.publish(second)
    yard.publish(yard.repository.revert(second))
    history = yard.history()
    assert history.position is not None
    assert history.position.revision == 3
    assert history.state == yard.repository.asked(first).digest


def test_a_commit_of_another_line_is_refused(yard: Yard):
    base = yard.repository.commit(scopes("a"))
    yard.publish(yard.repository.commit(scopes("b")))
    yard.repository.branch_from(base, "other")
    other = yard.repository.commit(scopes("c"))
    before = yard.everything()
    with pytest.raises(GatefleetError) as caught:
        yard.publish(other)
    assert codes(caught) == ["GF511"]
    assert yard.everything() == before


def test_a_clone_that_does_not_know_the_published_commit_cannot_publish_over_it(yard: Yard):
    yard.publish("d" * 40, asked(scopes("a")))
    with pytest.raises(GatefleetError) as caught:
        yard.publish(yard.repository.commit(scopes("b")))
    assert codes(caught) == ["GF511"]


# --- signers and limits -----------------------------------------------------------------------------------------------


def test_over_the_blast_limit_one_signer_is_refused_before_anything_is_written(tmp_path: Path):
    yard = a_yard(tmp_path, signers=2, scope=2)
    yard.publish(yard.repository.commit(scopes("a", "b", "c")), signers=yard.signers[:1])
    commit = yard.repository.commit(scopes("d", "b", "c", "e", "f"))
    before = yard.everything()
    with pytest.raises(GatefleetError) as caught:
        yard.publish(commit, signers=yard.signers[:1])
    assert codes(caught) == ["GF512"]
    with pytest.raises(GatefleetError) as caught:
        yard.publish(commit, signers=yard.signers[:1] * 2)
    assert codes(caught) == ["GF512"]
    assert yard.everything() == before
    assert isinstance(yard.publish(commit, signers=yard.signers), Published)
    assert len(yard.history().revisions[1].signers) == 2


def test_a_change_at_the_blast_limit_needs_one_signer(tmp_path: Path):
    yard = a_yard(tmp_path, scope=2)
    yard.publish(yard.repository.commit(scopes("a")))
    assert isinstance(yard.publish(yard.repository.commit(scopes("a", "b", "c"))), Published)


def test_a_key_that_may_not_publish_is_refused(yard: Yard, tmp_path: Path):
    stranger = new_key(tmp_path / "stranger.pem")
    with pytest.raises(GatefleetError) as caught:
        yard.publish(yard.repository.commit(scopes("a")), signers=[*yard.signers, stranger])
    assert codes(caught) == ["GF513"]
    assert yard.everything() == ([], {})


@pytest.mark.parametrize("given", [0, 1])
def test_fewer_keys_than_the_threshold_are_refused(tmp_path: Path, given: int):
    yard = a_yard(tmp_path, signers=2, threshold=2)
    with pytest.raises(GatefleetError) as caught:
        yard.publish(yard.repository.commit(scopes("a")), signers=yard.signers[:1] * 2 * given)
    assert codes(caught) == ["GF513"]
    assert yard.everything() == ([], {})


def test_what_no_follower_would_read_is_not_published(yard: Yard):
    commit = yard.repository.commit({})
    with pytest.raises(GatefleetError) as caught:
        yard.publish(commit, Asked({READ: '{"state":"active"}'}))
    assert codes(caught) == ["GF501"]
    assert yard.everything() == ([], {})


def test_a_value_that_is_not_canonical_is_not_published(yard: Yard):
    commit = yard.repository.commit({})
    with pytest.raises(GatefleetError, match="not canonical") as caught:
        yard.publish(commit, Asked({READ: '{"when_stale": "check", "state": "active"}'}))
    assert codes(caught) == ["GF515"]
    assert yard.everything() == ([], {})


def test_a_state_that_the_changes_do_not_lead_to_is_not_published(yard: Yard):
    @dataclass(frozen=True)
    class Mistaken(Asked):
        @property
        def digest(self) -> str:
            return "0" * 64

    with pytest.raises(GatefleetError) as caught:
        yard.publish(yard.repository.commit({}), Mistaken(asked(scopes("a")).entities))
    assert codes(caught) == ["GF515"]
    assert yard.everything() == ([], {})


def test_a_revision_larger_than_a_publisher_may_write_is_refused(yard: Yard):
    client = a_client(*(f"{number:0128}" for number in range(12_000)))
    commit = yard.repository.commit({})
    with pytest.raises(GatefleetError) as caught:
        yard.publish(commit, asked({f"client/c{number}": client for number in range(4)}))
    assert codes(caught) == ["GF514"]
    assert yard.everything() == ([], {})


# --- races ------------------------------------------------------------------------------------------------------------


def test_who_loses_a_race_plans_again_against_the_new_head(yard: Yard):
    first, second = (yard.repository.commit(scopes(*names)) for names in ("a", "ab"))
    steps = Steps()
    # Once: the other one is first while this one stands between planning and archiving.
    steps.at[Step.PLANNED] = lambda: steps.at.clear() or yard.another().publish(first)
    published = yard.publish(second, watch=steps)
    assert isinstance(published, Published)
    assert published.attempts == 2
    assert steps.seen.count(Step.LOST_RACE) == 1
    history = yard.history()
    assert [one.revision.commit for one in history.revisions] == [first, second]
    assert [change.key for change in history.revisions[1].revision.changes] == ["scope/b"]


def test_who_loses_against_a_later_commit_does_not_publish_the_older_one(yard: Yard):
    first, second = (yard.repository.commit(scopes(*names)) for names in ("a", "ab"))
    steps = Steps()
    steps.at[Step.PLANNED] = lambda: yard.another().publish(second)
    with pytest.raises(GatefleetError) as caught:
        yard.publish(first, watch=steps)
    assert codes(caught) == ["GF510"]
    assert [one.revision.commit for one in yard.history().revisions] == [second]


def test_two_publishers_of_one_commit_publish_it_once(yard: Yard):
    commit = yard.repository.commit(scopes("a"))
    steps = Steps()
    steps.at[Step.PLANNED] = lambda: yard.another().publish(commit)
    assert isinstance(yard.publish(commit, watch=steps), NothingToDo)
    assert len(yard.history().revisions) == 1


def test_who_finds_a_revision_archived_and_not_appended_appends_it_for_its_publisher(yard: Yard):
    first, second = (yard.repository.commit(scopes(*names)) for names in ("a", "ab"))
    steps = Steps()
    # The first one is slow: the second publishes completely between its archiving and its appending.
    steps.at[Step.ARCHIVED] = lambda: yard.another().publish(second)
    published = yard.publish(first, watch=steps)
    assert isinstance(published, Published)
    history = yard.history()
    assert [one.revision.commit for one in history.revisions] == [first, second]
    # What the slow one then appended once more is on the log, and counts for nothing.
    assert (len(yard.lines()), history.ignored, history.refusals) == (3, 1, ())


@pytest.mark.parametrize("step", [Step.PLANNED, Step.ARCHIVED])
def test_with_an_archive_each_the_log_decides_and_the_loser_sets_its_revision_aside(yard: Yard, step: Step):
    other = yard.another_archive()
    first, second = (yard.repository.commit(scopes(*names)) for names in ("a", "ab"))
    steps = Steps()
    steps.at[step] = lambda: steps.at.clear() or other.publish(first)
    published = yard.publish(second, watch=steps)
    assert isinstance(published, Published)
    history = yard.history()
    assert [one.revision.commit for one in history.revisions] == [first, second]
    assert (history.ignored, history.refusals) == (1, ())
    assert len(yard.set_aside()) == 1
    assert yard.set_aside()[0].startswith("1-1.revision.")
    other.recover()
    assert yard.entries() == other.entries() == [one.envelope for one in history.revisions]


def test_with_an_archive_each_the_winner_keeps_its_revision(yard: Yard):
    other = yard.another_archive()
    first, second = (yard.repository.commit(scopes(*names)) for names in ("a", "ab"))
    steps = Steps()

    def lose() -> None:
        with pytest.raises(GatefleetError, match="GF510"):
            other.publish(first)

    steps.at[Step.APPENDED] = lose
    assert isinstance(yard.publish(second, watch=steps), Published)
    assert (yard.set_aside(), other.set_aside()) == ([], [])
    assert yard.entries() == other.entries() == yard.lines()


def test_who_is_never_first_gives_up_in_the_end(yard: Yard):
    *others, mine = (yard.repository.commit(scopes(f"s{number}")) for number in range(4))
    steps = Steps()
    steps.at[Step.PLANNED] = lambda: yard.another().publish(others.pop(0))
    with pytest.raises(GatefleetError) as caught:
        yard.publish(mine, watch=steps, attempts=3)
    assert codes(caught) == ["GF522"]
    assert mine not in [one.revision.commit for one in yard.history().revisions]


# --- a log that does not answer ---------------------------------------------------------------------------------------


@dataclass
class Flaky:
    """A writer whose acknowledgements get lost: before the envelopes reached the log, or after."""

    inner: LogWriter
    failures: int
    after: bool
    error: Exception

    def append(self, envelopes: Sequence[bytes]) -> None:
        if self.failures and not self.after:
            self.failures -= 1
            raise self.error
        self.inner.append(envelopes)
        if self.failures:
            self.failures -= 1
            raise self.error

    def close(self) -> None:
        self.inner.close()


def flaky(yard: Yard, failures: int, *, after: bool, error: Exception | None = None) -> Yard:
    return replace(yard, writer=Flaky(yard.writer, failures, after, error or LogUnavailableError("no answer")))


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_acknowledgement_is_cleared_up_by_reading_back(yard: Yard, after: bool):
    commit = yard.repository.commit(scopes("a"))
    steps = Steps()
    published = flaky(yard, 1, after=after).publish(commit, watch=steps)
    assert isinstance(published, Published)
    assert Step.UNCLEAR in steps.seen
    assert (len(yard.lines()), yard.history().commit) == (1, commit)


def test_a_log_that_cannot_be_written_leaves_an_archived_revision_that_the_next_run_appends_whole(yard: Yard):
    first, second = (yard.repository.commit(scopes(name)) for name in "ab")
    with pytest.raises(GatefleetError) as caught:
        flaky(yard, 1000, after=False).publish(first)
    assert sorted(codes(caught)) == ["GF520", "GF521"]
    assert yard.lines() == []
    archived = yard.archived()
    yard.publish(second)
    assert [one.revision.commit for one in yard.history().revisions] == [first, second]
    assert yard.lines()[0] == archived["1/1.revision"]


def test_a_writer_that_is_refused_says_why_and_what_is_left(yard: Yard):
    refusing = flaky(yard, 1, after=False, error=failure("GF452", "kafka:b/topic", "no right to write"))
    with pytest.raises(GatefleetError) as caught:
        refusing.publish(yard.repository.commit(scopes("a")))
    assert sorted(codes(caught)) == ["GF452", "GF521"]


def test_a_log_that_cannot_be_read_is_said_so_and_nothing_is_written(yard: Yard):
    class Unreadable:
        def read(self, offset: int, timeout: float) -> None:
            raise LogUnavailableError("no answer")

    with pytest.raises(GatefleetError) as caught:
        replace(yard, reader=Unreadable()).publish(yard.repository.commit(scopes("a")))
    assert codes(caught) == ["GF520"]
    assert yard.everything() == ([], {})


def test_progress_is_told_step_by_step(yard: Yard):
    steps = Steps()
    yard.publish(yard.repository.commit(scopes("a")), watch=steps)
    assert steps.seen == [Step.READ, Step.PLANNED, Step.ARCHIVED, Step.APPENDED, Step.READ, Step.READ_BACK]
    assert steps.told == [
        "the log is empty",
        "1 to add, 0 to change, 0 to remove; narrows 0, widens 1",
        "1/1.revision",
        "revision 1/1",
        "revision 1/1",
        "revision 1/1",
    ]
