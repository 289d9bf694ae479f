"""When a run stops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.agent.budget import MAX_STEPS, Budget
from graphwell.domain.agent.calls import Look
from graphwell.domain.agent.ledger import USELESS_TURNS, Ledger
from graphwell.domain.agent.steps import Step, StepKind, Stop
from graphwell.domain.passages import Usage

TURNS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4), st.integers(0, 2)), max_size=60)
"""Calls of each turn, how many of them were repeated, and the new passages they brought."""


@given(st.integers(1, MAX_STEPS), TURNS)
def test_every_run_ends_within_its_steps(steps: int, turns: list[tuple[int, int, int]]) -> None:
    ledger = Ledger(Budget(steps=steps))
    taken = 0
    for asked, repeated, new in turns:
        if not ledger.admits_turn(0):
            break
        for _ in range(min(asked, ledger.steps_left)):
            ledger.note(Step(StepKind.SEARCH))
            taken += 1
        ledger.end_turn(asked=asked, repeated=min(repeated, asked), new=new)
    assert taken <= steps
    assert ledger.steps_left == steps - taken
    if taken == steps:
        assert ledger.stopped is not None
    if len(turns) > steps:
        assert ledger.stopped is not None


def test_the_first_reason_stays() -> None:
    ledger = Ledger(Budget())
    ledger.stop(Stop.SECONDS)
    ledger.end_turn(asked=0, repeated=0, new=0)
    assert ledger.stopped is Stop.SECONDS
    assert not ledger.admits_turn(0)


def test_a_model_that_calls_nothing_is_done() -> None:
    ledger = Ledger(Budget())
    ledger.end_turn(asked=0, repeated=0, new=0)
    assert ledger.stopped is Stop.DONE


def test_a_turn_of_nothing_but_repetitions_ends_the_run() -> None:
    ledger = Ledger(Budget())
    ledger.end_turn(asked=2, repeated=2, new=0)
    assert ledger.stopped is Stop.REPEATED


def test_turns_without_a_new_passage_end_the_run_when_nothing_is_between_them() -> None:
    ledger = Ledger(Budget())
    for new in (0, 1, *[0] * (USELESS_TURNS - 1)):
        ledger.end_turn(asked=1, repeated=0, new=new)
        assert ledger.stopped is None
    ledger.end_turn(asked=1, repeated=0, new=0)
    assert ledger.stopped is Stop.USELESS


@pytest.mark.parametrize(("next_tokens", "stopped"), [(5_000, None), (5_001, Stop.TOKENS)])
def test_a_turn_that_would_eat_into_the_answers_tokens_is_not_begun(next_tokens: int, stopped: Stop | None) -> None:
    ledger = Ledger(Budget(tokens=10_000))
    ledger.note(Step(StepKind.PLAN, usage=Usage(900, 100)))
    assert ledger.admits_turn(next_tokens) is (stopped is None)
    assert ledger.stopped is stopped
    assert ledger.tokens_left == 9_000


def test_turns_and_the_answer_are_none_of_the_budgets_steps() -> None:
    ledger = Ledger(Budget(steps=2))
    for kind in StepKind:
        ledger.note(Step(kind))
    assert ledger.steps_left == 2 - len({*StepKind} - {StepKind.PLAN, StepKind.ANSWER})


def test_what_was_asked_can_be_asked_again_only_when_there_is_more() -> None:
    ledger, look = Ledger(Budget()), Look(StepKind.READ, "d")
    assert [ledger.is_new(look), ledger.is_new(look)] == [True, False]
    ledger.ask_again(look)
    assert ledger.is_new(look)
