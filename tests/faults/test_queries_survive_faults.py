"""Questions go on while every part they stand on is killed, paused, slowed and refused, one after the other.

No answer is wrong or another tenant's, no reply is a 500 or late, a refusal comes at once when the breaker is open, and
everything is as before within one breaker period after a part is back. GRAPHWELL_FAULT_MINUTES=10 takes that long, at
GRAPHWELL_FAULT_RATE questions a second, by default 20; a machine that cannot answer so many shows only that.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.stack import Stack, ingest, running_stack
from tests.faults.chaos import until
from tests.faults.query_faults import FAULTS, Part, Surroundings, surroundings
from tests.faults.query_load import Library, QueryLoad, Sample

pytestmark = pytest.mark.faults

MINUTES = float(os.environ.get("GRAPHWELL_FAULT_MINUTES", "0"))
SEED = int(os.environ.get("GRAPHWELL_FAULT_SEED") or random.SystemRandom().randrange(10**6))
IS_LONG = MINUTES > 0
RATE = float(os.environ.get("GRAPHWELL_FAULT_RATE") or (20.0 if IS_LONG else 8.0))
LIBRARIES = (Library("acme", 40, 1000), Library("globex", 40, 5000))

FAILURES = 5 if IS_LONG else 2
BREAKER_S = 10.0 if IS_LONG else 2.0
NEO4J_S, EMBEDDING_S, LLM_S = (4.0, 1.0, 2.0) if IS_LONG else (4.0, 0.5, 0.5)
ENVIRONMENTS = 6 if IS_LONG else 3

GATEWAY_S = 29.0
TOLERANCE_S = 1.0
"""Of a client's clock on a machine that runs everything at once."""

SOON_S = 1.0 if IS_LONG else 10.0
"""A refusal by an open breaker, which takes milliseconds; a short run may stand beside any other work."""

DRAINED_S = 5.0
"""Within this time after breakers have opened, what waited for an environment is answered."""

SETTLES_S = 3.0 if IS_LONG else 60.0
"""What a recovery may take on top of the breaker's period."""

WAITED_FOR_S = 60.0
"""How long a recovery is waited for, so that one that takes too long is told with all the rest."""

WELL = 3 * ENVIRONMENTS
"""Replies in a row with nothing missing that show a recovery."""

CONNECTIONS_EACH = 3
"""Most that an environment may hold open to a part."""

TURNS: list[tuple[str, ...]] = [("neo4j",), ("valkey",), ("model",)] if IS_LONG else [("neo4j",), ("valkey", "model")]
HURTS = {"neo4j": set[str](), "valkey": {"cache"}, "model": {"embedding", "llm"}}
"""What may be missing from a reply while a part is away."""


@dataclass(frozen=True)
class Turn:
    """What happened to which parts, when, when they were back, and when nothing was missing any more.

    Parameters:
        returned_s: when a killed part listened again, which may be slow at first; else when it was healed.
    """

    parts: Sequence[Part]
    kind: str
    began_s: float
    returned_s: float
    healed_s: float
    back_s: float
    recovered_s: float

    @property
    def opened_s(self) -> float:
        """The time by which every environment has seen enough failures."""
        longest_s = {"neo4j": NEO4J_S, "valkey": 0.5, "model": EMBEDDING_S + LLM_S}
        silent = self.kind == "paused"
        return self.began_s + (FAILURES * max(longest_s[part.name] for part in self.parts) if silent else 0.0) + 2.0

    def refusals(self, load: QueryLoad) -> list[Sample]:
        """Return what was refused by open breakers, in the order in which it was sent.

        Requests wait for an environment here, where Lambda starts one for each: those that waited behind the failures
        come first, up to the first refusal that comes soon. The last second is left out, whose requests may meet a part
        that is back.
        """
        refused = [
            sample
            for sample in sorted(load.since(self.opened_s, self.returned_s - 1.0), key=lambda sample: sample.sent_s)
            if sample.status == httpx.codes.SERVICE_UNAVAILABLE
        ]
        waited = next((place for place, sample in enumerate(refused) if sample.took_s <= SOON_S), len(refused))
        return refused[waited:] if waited <= RATE * DRAINED_S else refused

    def __str__(self) -> str:
        return f"{'+'.join(part.name for part in self.parts)} {self.kind}"


def take_turn(around: Surroundings, load: QueryLoad, names: Sequence[str], kind: str, length_s: float) -> Turn:
    """Hurt some parts, heal them, and wait until all is as before."""
    parts = [around.parts[name] for name in names]
    began_s = time.monotonic()
    for part in parts:
        FAULTS[kind](part)
    shortest = Turn(parts, kind, began_s, 0.0, 0.0, 0.0, 0.0).opened_s + 1.0 - began_s
    until_s = began_s + max(shortest, length_s - BREAKER_S - 4.0)
    was_gone, returned_s = False, float("inf")
    while time.monotonic() < until_s:
        if kind == "killed" and returned_s == float("inf"):
            listen = all(part.listens for part in parts)
            returned_s = time.monotonic() if was_gone and listen else returned_s
            was_gone = was_gone or not listen
        time.sleep(0.1)
    if kind != "slowed":
        until(lambda: not all(sample.is_well for sample in load.since(began_s)), WAITED_FOR_S, "Somebody notices")
    healed_s = time.monotonic()
    for part in parts:
        part.heal()
    back_s = time.monotonic()
    return Turn(parts, kind, began_s, min(returned_s, healed_s), healed_s, back_s, recovery(load, back_s))


def recovery(load: QueryLoad, back_s: float) -> float:
    """Wait until nothing is missing, and return when the first of so many good replies in a row was sent."""
    until_s = back_s + BREAKER_S + WAITED_FOR_S
    while True:
        latest = load.settled(back_s)[-WELL:]
        if len(latest) == WELL and all(sample.is_well for sample in latest):
            return latest[0].sent_s
        assert time.monotonic() < until_s, f"not as before within {until_s - back_s:.0f} s: {latest}"
        time.sleep(0.1)


def fill(stack: Stack) -> list[tuple[Library, str]]:
    """Ingest both libraries; return each with the Authorization header of a reader."""
    for library in LIBRARIES:
        headers = {"Authorization": f"Bearer {stack.token(library.tenant, 'editor')}"}
        with httpx.Client(base_url=stack.status["url"], headers=headers, timeout=60) as client:
            job = ingest(client, *(library.body(number) for number in range(library.size)))
        assert job["status"] == "succeeded", job
    return [(library, f"Bearer {stack.token(library.tenant, 'reader')}") for library in LIBRARIES]


@pytest.mark.timeout(3_600)
def test_no_answer_is_wrong_and_no_reply_late_whatever_fails(tmp_path: Path) -> None:
    parameters = {
        "BreakerFailures": str(FAILURES), "BreakerSeconds": str(BREAKER_S), "Neo4jQuerySeconds": str(NEO4J_S),
        "EmbeddingQuerySeconds": str(EMBEDDING_S), "LlmSeconds": str(LLM_S), "ModelApiKey": "unused",
    }  # fmt: skip
    with (
        surroundings(tmp_path) as around,
        running_stack(tmp_path, *around.options(**parameters), "--concurrency", str(ENVIRONMENTS)) as stack,
    ):
        load = QueryLoad(stack.status["url"], fill(stack), RATE, SEED, None if IS_LONG else 3 * ENVIRONMENTS)
        load.start()
        time.sleep(10.0 if IS_LONG else 5.0)
        calm_s = time.monotonic()
        length_s = MINUTES * 60 / (len(TURNS) * len(FAULTS))
        turns = [take_turn(around, load, names, kind, length_s) for names in TURNS for kind in FAULTS]
        connections = around.connections()
        load.stop()
    print(f"\nseed {SEED}: {report(load, turns)}, {connections}")  # noqa: T201
    assert [sample for sample in load.since(calm_s) if sample.fault] == []
    assert [sample for sample in load.since(calm_s) if sample.took_s > GATEWAY_S + TOLERANCE_S] == []
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        check(load, turn, following.began_s if following else float("inf"))
    assert {name: count for name, count in connections.items() if count > ENVIRONMENTS * CONNECTIONS_EACH} == {}


def check(load: QueryLoad, turn: Turn, until_s: float) -> None:
    """Check what was sent from the beginning of a turn to that of the next."""
    late = [sample for sample in turn.refusals(load) if sample.took_s > SOON_S]
    assert late == [], f"{turn}: refusals that took long"
    assert turn.recovered_s - turn.back_s <= BREAKER_S + SETTLES_S, f"{turn}: not as before in time"
    may_miss = set().union(*(HURTS[part.name] for part in turn.parts))
    alone = [sample for sample in load.since(turn.began_s) if sample.sent_s + sample.took_s < until_s]
    strange = [sample for sample in alone if not set(sample.degraded) <= may_miss]
    assert strange == [], f"{turn}: something else is missing"


def report(load: QueryLoad, turns: Sequence[Turn]) -> str:
    """Return what happened, in numbers."""
    lines = [f"{len(load.samples)} requests"]
    for turn in turns:
        sent = load.since(turn.began_s, turn.healed_s)
        statuses = dict(Counter(sample.status for sample in sent))
        slowest = max((sample.took_s for sample in sent), default=0.0)
        refusal = max((sample.took_s for sample in turn.refusals(load)), default=0.0)
        degraded = dict(Counter(name for sample in sent for name in sample.degraded))
        lines.append(
            f"{turn}: {statuses} {degraded}, longest {slowest:.2f} s, refusal when open {refusal:.2f} s,"
            f" well again {turn.recovered_s - turn.back_s:.1f} s after it was back"
        )
    return "\n".join(lines)
