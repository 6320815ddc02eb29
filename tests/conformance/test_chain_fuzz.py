"""Random envelopes and revisions: nothing crashes, nothing but the original verifies, two followers never differ."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tests.support.logs import ACTIVE, PUBLISHER, REVOKED, ROOT, SECOND, TRUST, Chain, a_signer
from tests.support.mutations import mutated, written
from tests.support.naive_chain import State, take

from gatefleet.contract.digests import digest, state_digest, value_digests
from gatefleet.contract.entities import kind_of
from gatefleet.log import envelope as dsse
from gatefleet.log.chain import NOTHING, Accepted, ChainState, Ignored, judge
from gatefleet.log.envelope import seal
from gatefleet.log.opening import Opened, Refused, open_record
from gatefleet.log.parts import MAX_INCOMPLETE_BYTES, MAX_PART, Parts
from gatefleet.log.payloads import Revision
from gatefleet.log.transport import Record

MIB = 1024 * 1024
SEED = 20261124
ENVELOPES, FLIPS = 200, 20_000
REVISIONS, TRACED = 10_000, 2_000

CLIENT = '{"issuer":"workforce","scopes":{"orders:read":{"until":1798761600}},"state":"active"}'
GATEWAY = (
    '{"api":"http","audience":["https://api.example.com"],"deny_after":60,"max_staleness":2,"policy":"follow",'
    '"result_ttl":0,"routes":{"GET /a":{"any_of":[["orders:read"]],"claims":{"n":1},"credentials":["jwt"]}}}'
)


def test_no_flipped_bit_makes_another_payload_verify() -> None:
    rng = random.Random(SEED)
    originals = list(islice(_envelopes(rng), ENVELOPES))
    for number in range(FLIPS):
        original = originals[number % ENVELOPES]
        value = bytearray(original)
        value[rng.randrange(len(value))] ^= 1 << rng.randrange(8)
        opened = open_record(bytes(value), TRUST)
        if isinstance(opened, Opened):
            # A flip in a signature that is not needed, or between blanks, leaves what was signed.
            wanted = open_record(original, TRUST)
            assert isinstance(wanted, Opened)
            assert (opened.body, opened.digest) == (wanted.body, wanted.digest), number


def test_mutated_revisions_are_answered_as_the_naive_follower_answers_them() -> None:
    rng = random.Random(SEED)
    trust = json.loads(TRUST.to_bytes())
    outcomes: Counter[str] = Counter()
    tracemalloc.start()  # for the first cases: it makes everything three times slower
    state, naive, entities = ChainState(), State(), dict[str, str]()
    # Every eleventh is a snapshot or a tick.
    for number in range(REVISIONS * 11 // 10):
        if number == TRACED:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 4 * MIB
        if number % 25 == 0:
            state, naive, entities = ChainState(), State(), {}
        is_revision = number % 11 != 10
        kind, made = _revision(rng, state, entities) if is_revision else _restatement(rng, state, entities)
        payload = mutated(rng, made)
        # Half of them with the digests that follow from what they became: parent and state.
        if is_revision and number % 2:
            payload = _with_digests(payload, state, entities)
        value = seal(kind, written(rng, payload), _some_signers(rng))
        verdict = judge(state.position, value, TRUST)
        state = state.after(verdict)
        answered, naive = take(naive, value, trust)
        match verdict:
            case Accepted(_, body):
                said = "accepted"
                entities = _applied(entities, body) if isinstance(body, Revision) else entities
            case Ignored():
                said = "ignored"
            case Refused(reason):
                said = str(reason)
        outcomes[said] += 1
        assert (said, state) == (answered, _as_state(naive)), f"case {number}: {value!r}"
    # None of it shows anything unless every answer was met, and often.
    met = {"accepted", "ignored", "malformed", "broken_chain", "unsupported", "over_blast_limit", "bad_signature"}
    assert {said for said, count in outcomes.items() if count >= 20} >= met, outcomes
    assert {"wrong_environment", "unknown_log"} <= set(outcomes), outcomes


def test_hostile_sizes_cost_bounded_memory() -> None:
    publisher = PUBLISHER.keyid.encode()
    hostile = [
        b"[" * (16 * MIB),
        b'{"payload":[' + b"[]," * (5 * MIB) + b"[]]}",
        b'{"a":' * (3 * MIB),
        b'{"payload":"' + b"A" * (15 * MIB) + b'","payloadType":"x","signatures":[]}',
        b'{"payload":"","payloadType":"application/vnd.gatefleet.tick.v1+json","signatures":['
        + b",".join([b'{"keyid":"%s","sig":""}' % publisher] * (150 * 1024))
        + b"]}",
        b"1" * (16 * MIB),
        b'"' + b"\\u0061" * (2 * MIB) + b'"',
    ]
    for value in hostile:
        tracemalloc.start()
        verdict = judge(None, value, TRUST)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert isinstance(verdict, Refused)
        assert not verdict.concerns
        assert peak < 6 * len(value), (value[:20], peak)


def test_a_flood_of_parts_is_held_within_its_bounds() -> None:
    rng = random.Random(SEED)
    names = [digest(bytes([number])) for number in range(50)]
    value = bytes(MAX_PART)
    parts, next_part = Parts(), dict.fromkeys(names, 0)
    for number in range(10_000):
        name = rng.choice(names)
        index = next_part[name] if rng.random() < 0.9 else rng.randrange(64)
        next_part[name] = index + 1 if index < 62 else 0
        headers = {"gatefleet-envelope": name, "gatefleet-part": f"{index}/64"}
        parts, _ = parts.take(Record(number, value[: rng.choice((1, 1000, MAX_PART))], headers))
        assert len(parts.held) <= 4
        assert sum(one.size for one in parts.held) <= MAX_INCOMPLETE_BYTES
        assert all(one.size == sum(map(len, one.values)) for one in parts.held)


# --- what is mutated --------------------------------------------------------------------------------------------------


def _envelopes(rng: random.Random) -> Iterator[bytes]:
    """Revisions, snapshots and ticks of many sizes, by one and by two signers of both algorithms."""
    while True:
        chain = Chain(signers=rng.choice([(PUBLISHER,), (SECOND,), (PUBLISHER, SECOND)]))
        for _ in range(8):
            changes = {
                f"scope/s{rng.randrange(50)}": rng.choice((ACTIVE, REVOKED)) for _ in range(rng.choice((0, 1, 40)))
            }
            yield chain.revision(changes | {"client/shop": CLIENT, "gateway/orders/orders": GATEWAY})
        yield chain.snapshot()
        yield chain.tick()


def _revision(rng: random.Random, state: ChainState, entities: dict[str, str]) -> tuple[str, dict[str, Any]]:
    held = state.position or NOTHING
    keys = rng.sample(["client/a", "client/B", "gateway/orders/a", "scope/a", "scope/b", "scope/c", "scope/d"], k=3)
    changes = [
        {"key": key, "removed": True}
        if rng.random() < 0.2
        else {
            "key": key,
            "value": {"scope": rng.choice((ACTIVE, REVOKED)), "client": CLIENT}.get(kind_of(key), GATEWAY),
        }
        for key in sorted(keys)
    ]
    if rng.random() < 0.1:
        changes = [{"key": f"scope/s{index}", "value": ACTIVE} for index in range(rng.randrange(2, 6))]
    return dsse.REVISION, {
        "environment": "production",
        "log": "5b0f7a52-prod",
        "epoch": held.epoch,
        "revision": held.revision + 1,
        "parent": held.digest,
        "commit": f"{rng.getrandbits(160):040x}",
        "issued_at": 1793000000 + held.revision,
        "requires": ["holds"] if rng.random() < 0.03 else [],
        "changes": changes,
        "state": state_digest(value_digests(entities)),
        "widens": 1,
        "narrows": 0,
    }


def _restatement(rng: random.Random, state: ChainState, entities: dict[str, str]) -> tuple[str, dict[str, Any]]:
    held = state.position or NOTHING
    tick = {
        "environment": "production",
        "log": "5b0f7a52-prod",
        "epoch": held.epoch,
        "revision": held.revision,
        "payload": held.digest,
        "issued_at": 1793000000,
    }
    if rng.random() < 0.5:
        return dsse.TICK, tick
    return dsse.SNAPSHOT, tick | {
        "commit": "0" * 40,
        "requires": [],
        "state": state_digest(value_digests(entities)),
        "entities": [{"key": key, "value": entities[key]} for key in sorted(entities)],
    }


def _with_digests(payload: Any, state: ChainState, entities: dict[str, str]) -> Any:
    if not isinstance(payload, dict):
        return payload
    after = dict(entities)
    changes = payload.get("changes")
    for change in changes if isinstance(changes, list) else []:
        if isinstance(change, dict) and isinstance(change.get("key"), str) and change["key"].isascii():
            after.pop(change["key"], None)
            if isinstance(change.get("value"), str):
                after[change["key"]] = change["value"].encode("utf-8", "replace").decode()
    return payload | {"parent": (state.position or NOTHING).digest, "state": state_digest(value_digests(after))}


def _applied(entities: dict[str, str], body: Revision) -> dict[str, str]:
    after = entities | {change.key: change.value for change in body.changes}
    return {key: value for key, value in after.items() if value is not None}


def _some_signers(rng: random.Random) -> list[Any]:
    usual = [PUBLISHER] if rng.random() < 0.7 else [PUBLISHER, SECOND]
    return rng.choice([usual] * 18 + [[a_signer("stranger")], [ROOT]])


def _as_state(naive: State) -> ChainState:
    epoch, revision, held = naive.held
    position = type(NOTHING)(epoch, revision, held) if revision else None
    return ChainState(position, naive.refused)
