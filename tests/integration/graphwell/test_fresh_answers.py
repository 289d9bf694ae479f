"""Whatever happens in whatever order, no kept answer is given that is not of the documents as they are."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from redis import Redis

from devstack.endpoints import Endpoints
from graphwell.adapters.system_clock import SystemClock
from graphwell.adapters.valkey_answer_cache import ValkeyAnswerCache
from graphwell.adapters.valkey_answer_lock import ValkeyAnswerLock
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_question_cache import ValkeyQuestionCache
from graphwell.domain.context import Context
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.passages import Answer
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Vector
from graphwell.usecases.answer_once import AnswerOnce
from graphwell.usecases.answer_question import AnsweredQuestion, AnswerQuestion
from graphwell.usecases.delete_document import DeleteDocument
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.kept_answers import CacheHit, KeptAnswers
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.embedding import DIMENSIONS, FakeEmbedder, vector_of
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.search import FakeAnswerer, FakePassageGraph, FakeTermCounter
from tests.fakes.uploads import FakeUploadStore
from tests.integration.graphwell.ingestion import prepared
from tests.integration.graphwell.state_machines import run_machine
from tests.integration.graphwell.store import NO_GRACE, Store

DOCUMENTS = ("a", "b")
QUESTIONS = (
    "What is the pressure of the boiler?",
    "What is the boiler's pressure?",
    "What isn't the boiler's pressure?",
)
SAME = QUESTIONS[:2]
HOUR_MS = 3_600_000
LIMIT = 100_000

# Constraints document_id, tenant_id: what was live from some moment on is so from a later one by a clock set back.
SET_CLOCK = """
MATCH (t:Tenant {id: $tenant_id}) SET t.switched_at = t.switched_at + $by_ms
WITH t MATCH (d:Document {tenant_id: t.id}) WHERE d.live IS NOT NULL
SET d.live = [i IN range(0, size(d.live) - 1) | d.live[i] + CASE i % 2 WHEN 1 THEN $by_ms ELSE 0 END]"""

Result = TypeVar("Result")
Change = Callable[[], None]


class FailingValkey(ValkeyClient):
    """A Valkey that does some commands, then fails at some, then works again.

    Parameters:
        does_it: whether it does what it fails at, and only the reply is lost.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, dict)
        self.good = self.bad = 0
        self.does_it = False

    @property
    def works(self) -> bool:
        """Whether it does all that it is told."""
        return self.bad == 0

    def run(self, command: Callable[[Redis], Result]) -> Result:
        """Run a command, or fail."""
        fails = self.bad > 0 and self.good == 0
        self.good, self.bad = max(0, self.good - 1), self.bad - fails
        if not fails:
            return super().run(command)
        if self.does_it:
            super().run(command)
        raise Unavailable("Valkey does not answer.")


class OneVector(FakeEmbedder):
    """Gives every text the same vector: all questions are near, and all chunks are found."""

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        deadline.remaining_s()
        return [vector_of("one") for _ in texts]


class Meanwhile(FakeAnswerer):
    """An answerer during whose work something else happens."""

    def __init__(self) -> None:
        super().__init__()
        self.change: Change | None = None

    def answer(self, question: str, context: Context, deadline: Deadline) -> Answer:
        """Let it happen, then answer from what was found before."""
        if self.change:
            self.change()
            self.change = None
        return super().answer(question, context, deadline)


class Answers(RuleBasedStateMachine):
    """One tenant that asks while its documents change, Valkey comes and goes, and clocks are set."""

    def __init__(self, store: Store, valkey_url: str) -> None:
        super().__init__()
        self.scope = TenantScope(f"f-{uuid.uuid4().hex}")
        self.store = store
        self.live: dict[str, str] = {}
        self.writes = 0
        self.valkey = FailingValkey(valkey_url)
        self.admin = ValkeyClient(valkey_url, dict)
        answers = ValkeyAnswerCache(self.valkey, SystemClock())
        embedder = OneVector()
        self.answerer = Meanwhile()
        self.use_case = AnswerQuestion(
            FindPassages(
                Search(embedder, store.index, FakeTermCounter(), FakeMetadataKeys().declared, FakePassageGraph),
                rewriter=None,
                reranker=None,
            ),
            embedder,
            answerer=self.answerer,
            fallback=None,
            kept=KeptAnswers(
                answers,
                ValkeyQuestionCache(self.valkey, DIMENSIONS),
                store.index,
                min_cosine=0.9,
                identity="test",
            ),
            once=AnswerOnce(ValkeyAnswerLock(self.valkey), lambda _: None),
        )
        self.deletion = DeleteDocument(store.documents, FakeUploadStore(), answers)

    @rule(question=st.sampled_from(QUESTIONS))
    def ask(self, question: str) -> None:
        self._check(self._ask(question))

    @rule(question=st.sampled_from(QUESTIONS), document_id=st.sampled_from(DOCUMENTS), deletes=st.booleans())
    def ask_while_a_document_changes(self, question: str, document_id: str, deletes: bool) -> None:
        before = dict(self.live)
        self.answerer.change = partial(self.delete if deletes else self.write, document_id)
        answered = self._ask(question)
        changed, self.answerer.change = self.answerer.change is None, None
        assert _texts(answered) == set((before if changed else self.live).values())

    @precondition(lambda self: self.writes and self.valkey.works)
    @rule(first=st.sampled_from(QUESTIONS), second=st.sampled_from(SAME))
    def ask_twice(self, first: str, second: str) -> None:
        """While all is well a question, or another of its meaning, is answered once."""
        self._check(self._ask(first))
        self._check(again := self._ask(first))
        assert again.cache_hit is not None
        if first in SAME:
            self._check(other := self._ask(second))
            assert other.cache_hit in {CacheHit.EXACT, CacheHit.SEMANTIC}

    @rule(document_id=st.sampled_from(DOCUMENTS))
    def write(self, document_id: str) -> None:
        self.writes += 1
        text = f"The boiler has {self.writes} bar."
        staging = self.store.staging
        [staged] = staging.stage(self.scope, uuid.uuid4().hex, [prepared(document_id, text)])
        chunks = staging.unembedded(self.scope, staged.chunk_ids)
        staging.store_vectors(self.scope, chunks, [vector_of("one") for _ in chunks])
        staging.activate(self.scope, staged.chunk_ids)
        self.live[document_id] = text

    @rule(document_id=st.sampled_from(DOCUMENTS))
    def delete(self, document_id: str) -> None:
        if document_id not in self.live:
            with pytest.raises(NotFound):
                self.deletion(self.scope, document_id)
            return
        self.deletion(self.scope, document_id)
        del self.live[document_id]

    @rule(good=st.integers(0, 8), bad=st.integers(1, 12), does_it=st.booleans())
    def valkey_will_be_away(self, good: int, bad: int, does_it: bool) -> None:
        self.valkey.good, self.valkey.bad, self.valkey.does_it = good, bad, does_it

    @rule()
    def valkey_is_back(self) -> None:
        self.valkey.bad = 0

    @rule(data=st.data())
    def valkey_loses_something(self, data: st.DataObject) -> None:
        """Its clock moves on, it runs out of memory, or it starts again from an older file."""
        redis = self.admin()
        keys = sorted(redis.scan_iter(f"*{self.scope.tenant_id.encode().hex()}*"))
        lost = data.draw(st.integers(0, 2 ** min(len(keys), 16) - 1))
        for number, key in enumerate(keys):
            if lost >> number & 1:
                redis.delete(key)

    @rule(question=st.sampled_from(QUESTIONS))
    def ask_while_the_clock_of_neo4j_is_behind(self, question: str) -> None:
        """Searches find what was live an hour ago then, and what is found must not outlast it."""
        self._set_clock(-HOUR_MS)
        answered = self._ask(question)
        self._set_clock(HOUR_MS)
        if answered.cache_hit is not None:
            self._check(answered)

    @rule()
    def what_left_service_is_removed(self) -> None:
        self.store.maintenance.remove_retired(NO_GRACE, LIMIT)

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.store.client.run("MATCH (n {tenant_id: $id}) DETACH DELETE n", id=self.scope.tenant_id)
        self.store.client.run("MATCH (t:Tenant {id: $id}) DETACH DELETE t", id=self.scope.tenant_id)

    def _ask(self, question: str) -> AnsweredQuestion:
        return self.use_case(self.scope, SearchRequest(question, field="question"), Deadline.after(60))

    def _check(self, answered: AnsweredQuestion) -> None:
        """An answer is of the documents as they are."""
        assert _texts(answered) == set(self.live.values())
        assert {citation.quote for citation in answered.content.answer.citations} <= set(self.live.values())

    def _set_clock(self, by_ms: int) -> None:
        self.store.client.run(SET_CLOCK, tenant_id=self.scope.tenant_id, by_ms=-by_ms)


def _texts(answered: AnsweredQuestion) -> set[str]:
    return {passage.text for passage in answered.content.passages}


def test_no_kept_answer_outlives_what_it_was_made_of(store: Store, endpoints: Endpoints) -> None:
    run_machine(partial(Answers, store, endpoints.valkey_url))


def test_what_is_found_by_a_clock_that_was_set_back_is_not_kept(store: Store, endpoints: Endpoints) -> None:
    machine = Answers(store, endpoints.valkey_url)
    machine.write("a")
    machine.ask_while_the_clock_of_neo4j_is_behind(QUESTIONS[0])
    machine.ask(QUESTIONS[0])
    assert machine.live
    machine.teardown()
