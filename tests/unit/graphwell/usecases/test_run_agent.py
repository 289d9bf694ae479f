"""The agent's runs: what is looked up, in whose tenant, when it ends, and what the answer is made of."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from graphwell.adapters.openai_answerer import build_messages
from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.budget import DEFAULT_BUDGET, Budget
from graphwell.domain.agent.calls import MAX_CALLS_A_TURN, ToolCall
from graphwell.domain.agent.jobs import RunOver
from graphwell.domain.agent.steps import Step, StepKind, Stop
from graphwell.domain.chunks import Chunk, ChunkDraft
from graphwell.domain.context import assemble, estimated_tokens
from graphwell.domain.conversation import Role
from graphwell.domain.conversation import Turn as Said
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, InvalidInput, Unavailable
from graphwell.domain.graph.reading import Direction, StatedRelation
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Page, SearchQuery
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.look_up import READ_CHUNKS
from graphwell.usecases.run_agent import RunAgent
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.agent import SECRET, FakeNames, FakeToolModel, Turn, call, neighbour
from tests.fakes.documents import FakeDocuments
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.search import FakeAnswerer, FakePassageGraph, FakePassageIndex, FakeTermCounter
from tests.fakes.search import passage as one_passage

ACME, OTHER = TenantScope("acme"), TenantScope("other")
QUESTION = "who owns the airline?"


def passage(number: int, text: str = "") -> Passage:
    """Return a passage with a text of its own."""
    return one_passage(number, text or f"The boiler runs at {number} bar.")


class Index(FakePassageIndex):
    """Finds, for a query that is in `found_for`, what it holds; for another what `found` has."""

    def __init__(self, *found: Passage) -> None:
        super().__init__(found)
        self.found_for: dict[str, Sequence[Passage]] = {}

    def search(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> Any:
        """Return what the query finds."""
        if query.text not in self.found_for:
            return super().search(scope, query, deadline)
        alone = FakePassageIndex(self.found_for[query.text])
        self.queries.append((scope, query))
        return alone.search(scope, query, deadline)


class World:
    """A run's surroundings: all that it asks for is there to be looked at."""

    def __init__(self, *turns: Turn, has_model: bool = True, next_tokens: int = 0) -> None:
        self.index = Index(passage(1), passage(2))
        self.documents = FakeDocuments()
        self.graph = FakeNames()
        self.model = FakeToolModel(*turns, next_tokens=next_tokens)
        self.answerer = FakeAnswerer("model" if has_model else "extract")
        self.fallback = FakeAnswerer("fallback")
        search = Search(FakeEmbedder(), self.index, FakeTermCounter(), FakeMetadataKeys().declared, FakePassageGraph)
        self._run = RunAgent(
            FindPassages(search, rewriter=None, reranker=None),
            self.documents,
            self.graph,
            model=self.model if has_model else None,
            answerer=self.answerer,
            fallback=self.fallback if has_model else None,
        )

    def ask(
        self, budget: Budget = DEFAULT_BUDGET, *, question: str = QUESTION, left_s: float = 60, **options: Any
    ) -> AgentAnswer:
        """Run once."""
        request = SearchRequest(question, 10, SearchMode.VECTOR, **options)
        return self._run(ACME, request, Deadline.after(left_s), budget)

    def searched(self) -> list[str]:
        """Return what was searched for."""
        return [query.text for _, query in self.index.queries]


def kinds(answer: AgentAnswer) -> list[StepKind]:
    return [step.kind for step in answer.steps]


def looked(answer: AgentAnswer) -> list[Step]:
    """Return the steps behind the first search, without turns and answer."""
    return [step for step in answer.steps[1:] if step.kind not in {StepKind.PLAN, StepKind.ANSWER}]


def chunk(document: str, ordinal: int, text: str = "More of it.") -> Chunk:
    text = f"{text} {ordinal}"
    draft = ChunkDraft(ordinal, text, 100 * ordinal, 100 * ordinal + len(text), page=2, page_breaks=(3,))
    return Chunk(f"{document}~1~{ordinal}", document, 1, draft)


def test_a_model_that_needs_nothing_more_has_the_search_answered() -> None:
    world = World()
    answer = world.ask()
    assert kinds(answer) == [StepKind.SEARCH, StepKind.PLAN, StepKind.ANSWER]
    assert answer.stopped is Stop.DONE
    assert world.searched() == [QUESTION]
    assert world.model.begun[0][0] == QUESTION
    assert answer.content.answer.text.startswith("model: ")
    assert list(answer.degraded) == []


def test_each_step_says_what_was_asked_and_found() -> None:
    world = World([call("search", query="rank organisation")])
    world.index.found_for["rank organisation"] = [passage(3), passage(1)]
    answer = world.ask()
    first, _, second, _, last = answer.steps
    assert (first.asked, first.found, first.new) == (QUESTION, ("d1~1~0", "d2~1~0"), 2)
    assert (second.asked, second.found, second.new) == ("rank organisation", ("d3~1~0", "d1~1~0"), 1)
    assert last.found == ("d1~1~0",)
    assert {each.chunk_id for each in answer.content.passages} == {"d1~1~0", "d2~1~0", "d3~1~0"}


def test_the_answer_is_made_of_all_that_was_seen() -> None:
    world = World([call("search", query="x")])
    world.index.found_for["x"] = [passage(3)]
    world.ask()
    assert {each.chunk_id for each in world.answerer.read[0]} == {"d1~1~0", "d2~1~0", "d3~1~0"}


def test_what_is_quoted_is_read_from_as_many_passages_as_of_a_query() -> None:
    world = World(has_model=False)
    world.index.found[SearchMode.VECTOR] = [passage(number) for number in range(1, 40)]
    world.ask(question="Who owns Novair Airways?")
    ((*read,),) = world.answerer.read
    assert [each.chunk_id for each in read] == [f"d{number}~1~0" for number in range(1, 11)]


def test_the_model_is_told_what_each_call_came_to() -> None:
    world = World([call("search", query="x"), call("nothing"), call("expand", name="Rank")])
    world.index.found_for["x"] = [passage(3)]
    world.index.found_for["Rank"] = [passage(4, "Films by Rank."), passage(5, "Nothing of it.")]
    world.graph.beside["Rank"] = [neighbour("Novair")]
    world.ask()
    ((found, refused, around),) = world.model.replies
    assert [each.chunk_id for each in found.passages] == ["d3~1~0"]
    assert refused.error is not None
    assert (list(around.names), [each.chunk_id for each in around.passages]) == (["Novair"], ["d4~1~0"])


def test_a_name_is_expanded_with_what_is_stated_of_it() -> None:
    world = World([call("expand", name="the rank")])
    world.graph.beside["Rank"] = [
        neighbour("Novair", StatedRelation("owned by", Direction.IN, 1, ())),
        neighbour("Arthur Rank", StatedRelation("founded by", Direction.OUT, 1, ())),
        neighbour("Films"),
    ]
    (around,) = looked(world.ask())
    assert around.names == ("Novair (owned by this)", "founded by: Arthur Rank", "Films")


def test_the_name_that_is_most_like_one_that_is_not_there_is_expanded() -> None:
    world = World([call("expand", name="Rank")])
    world.graph.beside["Rank Organisation"] = [neighbour("Novair")]
    (around,) = looked(world.ask())
    assert around.names == ("Novair",)


def test_a_name_that_nobody_holds_is_an_error_of_its_call() -> None:
    (around,) = looked(World([call("expand", name="Nobody")]).ask())
    assert around.error is not None
    assert around.found == ()


def test_a_graph_that_is_away_leaves_the_passages_that_hold_a_name() -> None:
    world = World([call("expand", name="Rank")])
    world.graph.down = True
    world.index.found_for["Rank"] = [passage(4, "Films by Rank.")]
    answer = world.ask()
    assert looked(answer)[0].found == ("d4~1~0",)
    assert list(answer.degraded) == ["graph"]


def test_calls_of_one_turn_are_made_side_by_side() -> None:
    together = threading.Barrier(3)
    world = World([call("search", query=str(number)) for number in range(3)])
    search = world.index.search

    def meeting(scope: TenantScope, query: SearchQuery, deadline: Deadline) -> Any:
        if query.text.isdigit():
            together.wait(20)
        return search(scope, query, deadline)

    world.index.search = meeting  # type: ignore[method-assign]
    answer = world.ask()
    assert [step.asked for step in looked(answer)] == ["0", "1", "2"]
    assert all(step.error is None for step in looked(answer))


@pytest.mark.parametrize("has_model", [True, False])
def test_every_step_is_taken_in_the_callers_tenant(has_model: bool) -> None:
    tried = [
        call("search", query="x", tenant_id="other"),
        call("search", query="tenant_id: other"),
        call("expand", name="other"),
        call("read", document="d1"),
    ]
    world = World(tried, has_model=has_model)
    world.documents.records["other", "d1"] = None  # type: ignore[assignment]  # never read
    world.documents.chunks_of["other", "d1"] = [chunk("d1", 0, "Of another tenant.")]
    answer = world.ask(question="Who owns Novair Airways?")
    assert {scope for scope, _ in world.index.queries} == {ACME}
    assert {scope for scope, _ in world.graph.asked} <= {ACME}
    assert not any("another tenant" in each.text for read in world.answerer.read for each in read)
    if has_model:
        assert [step.error is None for step in looked(answer)] == [False, True, False, False]


def test_a_document_is_read_page_by_page_once_a_passage_of_it_was_found() -> None:
    world = World([call("read", document="d1")], [call("read", document="d9")], [call("read", document="d1")])
    world.documents.records["acme", "d1"] = world.documents.records["acme", "d9"] = None  # type: ignore[assignment]
    world.documents.chunks_of["acme", "d1"] = [chunk("d1", ordinal) for ordinal in range(3)]
    world.documents.chunks_of["acme", "d9"] = [chunk("d9", 0)]
    answer = world.ask()
    read, unseen, again = looked(answer)
    assert read.found == ("d1~1~0", "d1~1~1", "d1~1~2")
    assert unseen.error is not None
    assert unseen.found == ()
    assert again.error is not None  # there is no more of it
    given = next(each for each in world.answerer.read[0] if each.chunk_id == "d1~1~2")
    assert (given.title, given.start, given.page, given.page_breaks) == ("Title 1", 200, 2, (3,))


def test_reading_on_brings_what_follows() -> None:
    world = World([call("read", document="d1")], [call("read", document="d1")])
    world.documents = Pages(READ_CHUNKS + 2)
    world._run._documents = world.documents
    answer = world.ask()
    first, second = looked(answer)
    assert (len(first.found), second.found) == (READ_CHUNKS, (f"d1~1~{READ_CHUNKS}", f"d1~1~{READ_CHUNKS + 1}"))


def test_documents_whose_ids_differ_by_case_are_read_both() -> None:
    world = World([call("read", document="D1")], [call("read", document="d1")])
    upper = replace(passage(1), document_id="D1", chunk_id="D1~1~0")
    world.index.found[SearchMode.VECTOR] = [passage(1), upper]
    for document in ("D1", "d1"):
        world.documents.records["acme", document] = None  # type: ignore[assignment]
        world.documents.chunks_of["acme", document] = [chunk(document, 1)]
    assert [step.found for step in looked(world.ask())] == [("D1~1~1",), ("d1~1~1",)]


class Pages(FakeDocuments):
    """One document, page by page; a cursor is the ordinal to begin with."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._all = [chunk("d1", ordinal) for ordinal in range(count)]

    def chunks(self, scope: TenantScope, document_id: str, *, cursor: str | None, limit: int) -> Any:  # noqa: ARG002
        """Return a page."""
        first = int(cursor or 0)
        rest = self._all[first:]
        return Page(rest[:limit], str(first + limit) if len(rest) > limit else None)


def test_filters_hold_in_every_search() -> None:
    filters = {"document_id": ["d1", "d2"]}
    world = World([call("expand", name="Rank"), call("search", query="x")])
    world.ask(filters=filters)
    assert sorted(world.searched()) == sorted([QUESTION, "Rank", "x"])
    assert all(query.filters for _, query in world.index.queries)


def test_what_was_asked_before_is_not_asked_again_and_ends_the_run() -> None:
    world = World([call("search", query=f" {QUESTION.upper()}")], [call("search", query="never")])
    answer = world.ask()
    assert answer.stopped is Stop.REPEATED
    assert world.searched() == [QUESTION]
    assert looked(answer)[0].error is not None


def test_turns_that_bring_nothing_new_end_the_run() -> None:
    world = World([call("search", query="a")], [call("search", query="b")], [call("search", query="c")])
    answer = world.ask()
    assert (answer.stopped, world.searched()) == (Stop.USELESS, [QUESTION, "a", "b"])


def test_calls_that_nobody_can_make_end_the_run_and_are_counted() -> None:
    broken = [ToolCall("", "search", "{"), ToolCall("", "\ud800", "")]
    world = World(broken, broken, [call("search", query="never")])
    answer = world.ask()
    assert answer.stopped is Stop.USELESS
    assert kinds(answer).count(StepKind.REFUSED) == 4
    assert {step.asked for step in looked(answer)} == {""}


def test_no_more_steps_are_taken_than_the_budget_has() -> None:
    many = [call("search", query=f"q{number}") for number in range(MAX_CALLS_A_TURN + 5)]
    world = World(many, many)
    answer = world.ask(Budget(steps=4))
    assert world.searched()[0] == QUESTION
    assert sorted(world.searched()[1:]) == ["q0", "q1", "q2"]
    assert answer.stopped in {Stop.STEPS, Stop.USELESS}
    assert len(looked(answer)) == 3
    ((*_, last),) = world.model.replies
    assert last.error is not None
    assert len(world.model.replies[0]) == MAX_CALLS_A_TURN


def test_a_turn_that_the_tokens_do_not_suffice_for_is_not_begun() -> None:
    world = World([call("search", query="x")], next_tokens=1_150)
    world.index.found_for["x"] = [passage(3)]
    answer = world.ask(Budget(tokens=2_000))
    assert answer.stopped is Stop.TOKENS
    assert kinds(answer) == [StepKind.SEARCH, StepKind.PLAN, StepKind.SEARCH, StepKind.ANSWER]
    assert answer.content.answer.usage.prompt_tokens == 100


def test_an_answer_that_no_tokens_are_left_for_is_quoted() -> None:
    world = World()
    world.index.found[SearchMode.VECTOR] = [passage(1, "long " * 2_000)]
    answer = world.ask(Budget(tokens=2_000))
    assert answer.content.answer.text.startswith("fallback: ")
    assert list(answer.degraded) == []


def test_a_question_that_takes_the_tokens_by_itself_is_answered_by_a_quotation() -> None:
    world = World()
    answer = world.ask(Budget(tokens=2_000), question="who owns the airline? " * 400)
    assert world.answerer.asked == []
    assert answer.content.answer.text.startswith("fallback: ")


def test_what_stands_around_each_passage_counts_against_the_tokens() -> None:
    world = World()
    world.index.found[SearchMode.VECTOR] = [passage(number) for number in range(1, 100)]
    world.answerer.prompt = lambda question, context: build_messages(question, context.blocks, "passage-0123456789ab")  # type: ignore[method-assign]
    world._run(ACME, SearchRequest(QUESTION, 100, SearchMode.VECTOR), Deadline.after(60), Budget(tokens=3_000))
    (read,) = world.answerer.read
    prompt = world.answerer.prompt(QUESTION, assemble(read))
    assert len(read) > 10
    assert 1_500 < sum(estimated_tokens(message.content) for message in prompt) < 3_000


@pytest.mark.parametrize("has_model", [True, False])
@pytest.mark.parametrize("turns_before", range(3))
def test_a_run_that_nobody_waits_for_looks_no_further_and_is_not_answered(
    turns_before: int, *, has_model: bool
) -> None:
    world = World(*([call("search", query=f"turn {turn}")] for turn in range(5)), has_model=has_model)
    world.index.found[SearchMode.VECTOR] = [passage(1, "Novair flew for Court Line."), passage(2, "Court Line folded.")]
    asked: list[int] = []

    def still_wanted() -> None:
        if len(asked) == turns_before:
            raise RunOver
        asked.append(len(world.searched()))

    request = SearchRequest("Who owned Novair?", 10, SearchMode.VECTOR)
    with pytest.raises(RunOver):
        world._run(ACME, request, Deadline.after(60), still_wanted=still_wanted)
    assert asked == sorted(set(asked))  # each turn before it searched
    assert not world.answerer.asked


def test_a_run_that_is_out_of_time_answers_from_what_it_has() -> None:
    now = [0.0]

    def slow() -> list[ToolCall]:
        now[0] += 15
        return [call("search", query="late")]

    world = World(slow, slow)
    deadline = Deadline(60, lambda: now[0])
    answer = world._run(ACME, SearchRequest(QUESTION, 10, SearchMode.VECTOR), deadline, Budget(seconds=20))
    assert answer.stopped is Stop.SECONDS
    assert answer.content.answer.grounded
    assert looked(answer)[0].error is not None


def test_a_model_that_takes_all_the_time_is_not_missing() -> None:
    now = [0.0]

    def stuck() -> list[ToolCall]:
        now[0] += 13
        raise DeadlineExceeded("The model took longer than the request may; ask again.")

    world = World(stuck)
    deadline = Deadline(60, lambda: now[0])
    answer = world._run(ACME, SearchRequest(QUESTION, 10, SearchMode.VECTOR), deadline, Budget(seconds=20))
    assert (answer.stopped, list(answer.degraded)) == (Stop.SECONDS, [])
    assert answer.content.answer.text.startswith("model: ")


def test_without_a_model_names_lead_on() -> None:
    world = World(has_model=False)
    question = "Who owns Novair Airways?"
    world.index.found[SearchMode.VECTOR] = [passage(1, "Novair Airways was bought by the Rank Organisation.")]
    answer = world.ask(question=question)
    assert f"Rank Organisation {question}" in world.searched()
    assert StepKind.PLAN not in kinds(answer)
    assert answer.content.answer.text.startswith("extract: ")
    assert list(answer.degraded) == []


def test_without_a_model_the_longest_question_is_followed_too() -> None:
    world = World(has_model=False)
    world.index.found[SearchMode.VECTOR] = [passage(1, "Novair Airways was bought by the Rank Organisation.")]
    answer = world.ask(question="Who owns it? ".ljust(MAX_QUESTION_LENGTH, "x"))
    assert len(world.searched()) > 1
    assert all(step.error is None for step in looked(answer))


def test_without_a_model_the_same_bounds_hold() -> None:
    world = World(has_model=False)
    names = ", ".join(f"Company {chr(65 + number)}x" for number in range(20))
    world.index.found[SearchMode.VECTOR] = [passage(1, f"They bought {names}.")]
    answer = world.ask(Budget(steps=3))
    assert len(world.searched()) == 3
    assert answer.stopped is Stop.STEPS


def test_a_model_that_falls_away_in_the_middle_is_done_without() -> None:
    world = World([call("search", query="x")], Unavailable("The model does not answer."))
    world.index.found[SearchMode.VECTOR] = [passage(1, "Novair Airways was bought by the Rank Organisation.")]
    world.index.found_for["x"] = [passage(3)]
    answer = world.ask(question="Who owns Novair Airways?")
    assert list(answer.degraded) == ["llm"]
    assert "x" in world.searched()
    assert any(searched.startswith("Rank Organisation") for searched in world.searched())
    assert answer.content.answer.text.startswith("fallback: ")
    assert world.answerer.asked == []


def test_an_answerer_that_falls_away_is_done_without() -> None:
    world = World()
    world.answerer.down = True
    answer = world.ask()
    assert list(answer.degraded) == ["llm"]
    assert answer.content.answer.text.startswith("fallback: ")


def test_a_tool_that_fails_is_an_error_of_its_call() -> None:
    world = World([call("read", document="d1"), call("search", query="x")])
    world.documents.error = Unavailable("The store does not answer.")
    world.index.found_for["x"] = [passage(3)]
    failed, found = looked(world.ask())
    assert failed.error == "The store does not answer."
    assert found.found == ("d3~1~0",)


def test_an_index_that_is_away_from_the_start_is_told_as_such() -> None:
    world = World()
    world.index.down = True
    with pytest.raises(Unavailable):
        world.ask()


@pytest.mark.parametrize("budget", [replace(DEFAULT_BUDGET, seconds=301), replace(DEFAULT_BUDGET, steps=0)])
def test_a_budget_out_of_bounds_is_refused_before_anything_is_done(budget: Budget) -> None:
    world = World()
    with pytest.raises(InvalidInput, match="accepted"):
        world.ask(budget)
    assert world.searched() == []


def test_what_a_step_asks_never_repeats_the_models_rules() -> None:
    world = World([call("search", query=f"tell: {SECRET}"), call("expand", name=SECRET), call("read", document=SECRET)])
    answer = world.ask()
    assert world.searched() == [QUESTION]
    assert [step.kind for step in looked(answer)] == [StepKind.REFUSED] * 3
    assert not any(SECRET in f"{step.asked}{step.error}" for step in answer.steps)


def test_tokens_of_all_steps_are_summed() -> None:
    world = World([call("search", query="x")])
    answer = world.ask()
    assert (answer.content.answer.usage.prompt_tokens, answer.content.answer.usage.completion_tokens) == (200, 20)
    assert sum(step.tokens for step in answer.steps) == 220


def test_a_question_of_a_conversation_is_looked_for_as_it_stands_alone() -> None:
    world = World()
    answer = world.ask(question="And who owns it?", history=[Said(Role.USER, "Which airline is Novair?")])
    assert answer.steps[0].asked == "Which airline is Novair?\nAnd who owns it?"
    assert world.model.begun[0][0] == answer.steps[0].asked
