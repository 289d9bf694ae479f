"""The agent over a real Neo4j and a scripted model behind HTTP: every tool, side by side, in one tenant of two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from devstack.scripted_model.script import ScriptedCall, ScriptedReply
from devstack.scripted_model.server import ScriptedModel, scripted_model
from graphwell.adapters.extractive_answerer import ExtractiveAnswerer
from graphwell.adapters.openai_answerer import OpenAIAnswerer
from graphwell.adapters.openai_tool_model import OpenAIToolModel
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.steps import AGENT_MODE, Step, StepKind, Stop
from graphwell.domain.deadline import Deadline
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.run_agent import RunAgent
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.openai_chat import chat_at
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import Store

QUESTION = "Which company owned the airline Novair?"
AIRLINE = ("Novair was an airline. It was bought by Rank Holdings in 1982.", "Its hub was Gatwick Airport.")
OWNER = "Rank Holdings was a company of films, led by John Davis."
SECRET = "Rank Holdings keeps the word canary. Novair knows it."


@pytest.fixture
def other(store: Store, scope: TenantScope) -> TenantScope:
    """Another tenant, whose documents have the same ids and names; both hold theirs when it is there."""
    there = TenantScope(f"{scope.tenant_id}x")
    ingest(store.staging, scope, prepared("airline", *AIRLINE, title="Novair"), prepared("owner", OWNER, title="Films"))
    ingest(store.staging, there, prepared("airline", SECRET, title="Novair"), prepared("secret", SECRET, title="Rank"))
    return there


def run(store: Store, scope: TenantScope, model: ScriptedModel | None) -> AgentAnswer:
    """Run once, with a model or without."""
    search = Search(FakeEmbedder(), store.index, PorterTermCounter(), store.keys.declared, lambda: store.graph)
    extractive = ExtractiveAnswerer()
    chat = chat_at(model.url) if model else None
    agent = RunAgent(
        FindPassages(search, rewriter=None, reranker=None),
        store.documents,
        store.reader,
        model=OpenAIToolModel(chat) if chat else None,
        answerer=OpenAIAnswerer(chat) if chat else extractive,
        fallback=extractive if chat else None,
    )
    return agent(scope, SearchRequest(QUESTION, 10, AGENT_MODE), Deadline.after(60))


def calls(*made: tuple[str, str, str]) -> ScriptedReply:
    """Return a turn that calls tools, each with its one argument."""
    return ScriptedReply(tool_calls=tuple(ScriptedCall(name=tool, arguments={name: text}) for tool, name, text in made))


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    """A model that uses every tool, and tries the other tenant's document and name, before it answers."""
    with scripted_model(
        calls(("search", "query", "Who led Rank Holdings?"), ("expand", "name", "Rank Holdings")),
        calls(("read", "document", "airline"), ("read", "document", "secret"), ("search", "query", "canary")),
        ScriptedReply(text="Rank Holdings owned it [1]."),
    ) as serving:
        yield serving


def step(answer: AgentAnswer, kind: StepKind, asked: str) -> Step:
    (found,) = [each for each in answer.steps if (each.kind, each.asked) == (kind, asked)]
    return found


def documents(found: Sequence[str]) -> set[str]:
    return {chunk_id.split("~")[0] for chunk_id in found}


@pytest.mark.usefixtures("other")
def test_every_tool_finds_what_the_tenant_has_and_nothing_else(
    store: Store, scope: TenantScope, model: ScriptedModel
) -> None:
    answer = run(store, scope, model)
    around = step(answer, StepKind.EXPAND, "Rank Holdings")
    assert "Novair" in around.names
    assert documents(around.found) == {"airline", "owner"}
    assert step(answer, StepKind.READ, "airline").found == ("airline~1~0", "airline~1~1")
    assert step(answer, StepKind.READ, "secret").error is not None
    assert documents(step(answer, StepKind.SEARCH, "canary").found) <= {"airline", "owner"}
    assert (answer.content.answer.text, answer.content.answer.grounded) == ("Rank Holdings owned it [1].", True)
    assert (answer.stopped, list(answer.degraded)) == (Stop.USELESS, [])  # the first search had found all there is


@pytest.mark.usefixtures("other")
def test_a_model_is_shown_nothing_of_another_tenant(store: Store, scope: TenantScope, model: ScriptedModel) -> None:
    run(store, scope, model)
    told = [
        str(message["content"])
        for asked in model.asked
        for message in asked.body["messages"]
        if message["role"] in {"user", "tool"}
    ]
    assert len(told) > 4
    assert not any("canary" in text or scope.tenant_id in text for text in told)


def test_without_a_model_the_same_tenant_alone_is_seen(store: Store, scope: TenantScope, other: TenantScope) -> None:
    answer = run(store, scope, None)
    assert {each.document_id for each in answer.content.passages} == {"airline", "owner"}
    assert any("Rank Holdings" in each.asked for each in answer.steps)
    assert not any("canary" in each.text for each in answer.content.passages)
    seen = run(store, other, None)
    assert {each.document_id for each in seen.content.passages} == {"airline", "secret"}


@pytest.mark.usefixtures("other")
def test_a_model_that_breaks_off_leaves_the_run_to_names(store: Store, scope: TenantScope) -> None:
    with scripted_model(calls(("search", "query", "films")), ScriptedReply(text="FOUND", cut=True)) as model:
        answer = run(store, scope, model)
    assert list(answer.degraded) == ["llm"]
    assert answer.stopped in {Stop.DONE, Stop.USELESS}
    assert answer.content.answer.usage.prompt_tokens == 10
    assert {each.document_id for each in answer.content.passages} == {"airline", "owner"}
