"""Whatever a model does, a run ends within its budget, in its tenant, with every call replied to."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from graphwell.domain.agent.budget import MAX_STEPS, Budget
from graphwell.domain.agent.calls import MAX_CALLS_A_TURN, TOOLS, ToolCall
from graphwell.domain.agent.steps import StepKind
from graphwell.domain.errors import Unavailable
from graphwell.domain.graph.reading import Neighbour
from graphwell.domain.passages import SearchMode
from tests.fakes.agent import TURN_USAGE, Turn, neighbour
from tests.unit.graphwell.usecases.test_run_agent import ACME, World, passage

NAMES = st.sampled_from([*(tool.name for tool in TOOLS), "plan", "answer", "delete", ""])
TEXTS = st.sampled_from(["Rank", "rank ", "d1", "d2", "d9", "x", "who owns it?", ""]) | st.text(max_size=20)
SOUND = st.builds(
    lambda tool, text: ToolCall("", tool.name, json.dumps({tool.argument: text})), st.sampled_from(TOOLS), TEXTS
)
BROKEN = st.builds(ToolCall, st.just(""), NAMES | st.text(max_size=10), st.text(max_size=20))
TURNS: st.SearchStrategy[list[Turn]] = st.lists(
    st.lists(SOUND | BROKEN, max_size=MAX_CALLS_A_TURN + 2) | st.just(Unavailable("The model does not answer.")),
    max_size=12,
)
_AROUND: list[Neighbour] = [neighbour("Novair")]


@settings(deadline=None)
@given(TURNS, st.integers(1, MAX_STEPS), st.integers(0, 3_000))
def test_any_run_ends_within_its_budget_and_its_tenant(turns: list[Turn], steps: int, next_tokens: int) -> None:
    world = World(*turns, next_tokens=next_tokens)
    world.index.found[SearchMode.VECTOR] = [passage(1, "Novair was bought by the Rank Organisation."), passage(2)]
    world.graph.beside["Rank"] = _AROUND
    budget = Budget(steps=steps, tokens=10_000)
    answer = world.ask(budget)
    looked = [step for step in answer.steps if step.kind not in {StepKind.PLAN, StepKind.ANSWER}]
    assert 1 <= len(looked) <= steps
    assert answer.steps[-1].kind is StepKind.ANSWER
    assert {scope for scope, _ in world.index.queries} == {ACME}
    assert {scope for scope, _ in world.graph.asked} <= {ACME}
    spent = sum(step.tokens for step in answer.steps)
    turn = TURN_USAGE.prompt_tokens + TURN_USAGE.completion_tokens
    assert spent <= budget.looking_tokens - next_tokens + turn or spent == 0
    asked = [(step.kind, step.asked.casefold().split()) for step in looked if step.error is None]
    reads = [each for each in asked if each[0] is not StepKind.READ]
    assert len(reads) == len({(kind, *words) for kind, words in reads})
    made = [turn for turn in turns if isinstance(turn, list)]
    for calls, replies in zip(made, world.model.replies, strict=False):
        assert [reply.call for reply in replies] == calls[:MAX_CALLS_A_TURN]
