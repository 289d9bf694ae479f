"""Answering, and what is kept under which key."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from graphwell.domain.conversation import Role, Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import InvalidInput, Unavailable
from graphwell.domain.intent import Difference
from graphwell.domain.passages import Answer, AnswerWithPassages, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Claim, Vector
from graphwell.usecases.answer_once import LONGEST_WAIT_S, AnswerOnce
from graphwell.usecases.answer_question import AnsweredQuestion, AnswerQuestion, Audience
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.kept_answers import CacheDecision, CacheHit, KeptAnswers, NotCompared
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.caching import FakeAnswerLock, FakeQuestionCache
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder, vector_of
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.search import (
    FakeAnswerCache,
    FakeAnswerer,
    FakePassageGraph,
    FakePassageIndex,
    FakeTermCounter,
    passage,
)

ACME = TenantScope("acme")
HISTORY = (Turn(Role.USER, "Who runs the boiler?"), Turn(Role.ASSISTANT, "The stoker."))


class Setting:
    """The use case with all it stands on."""

    def __init__(self) -> None:
        self.embedder = FakeEmbedder()
        self.index = FakePassageIndex(vector=[passage(1)], fulltext=[passage(1)])
        self.model = FakeAnswerer()
        self.fallback: FakeAnswerer | None = FakeAnswerer("extract")
        self.cache = FakeAnswerCache()
        self.questions = FakeQuestionCache(self.cache)
        self.lock = FakeAnswerLock()
        self.waits_s: list[float] = []
        self.identity = "embedder"

    def use_case(self) -> AnswerQuestion:
        """Return the use case with the parts as they are now."""
        return AnswerQuestion(
            FindPassages(
                Search(self.embedder, self.index, FakeTermCounter(), FakeMetadataKeys().declared, FakePassageGraph),
                rewriter=None,
                reranker=None,
            ),
            self.embedder,
            answerer=self.model,
            fallback=self.fallback,
            kept=KeptAnswers(
                self.cache,
                self.questions,
                self.index,
                min_cosine=0.9,
                identity=f"{self.identity}|{self.model.identity}",
            ),
            once=AnswerOnce(self.lock, self.waits_s.append),
        )

    def ask(
        self,
        question: str = "How hot?",
        scope: TenantScope = ACME,
        audience: Audience | None = None,
        **options: object,
    ) -> AnsweredQuestion:
        """Ask once."""
        request = SearchRequest(question, field="question", **options)  # type: ignore[arg-type]  # its own fields
        return self.use_case()(scope, request, Deadline.after(10, FakeMonotonic()), audience)

    def decide(self, question: str = "How hot?", **options: object) -> CacheDecision:
        """Return what the cache has."""
        request = SearchRequest(question, field="question", **options)  # type: ignore[arg-type]  # its own fields
        return self.use_case().explain(ACME, request, Deadline.after(10, FakeMonotonic())).cache


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_an_answer_comes_with_its_passages_and_citations(setting: Setting) -> None:
    answered = setting.ask()
    assert answered.content.answer.grounded
    assert answered.content.answer.citations[0].quote == answered.content.passages[0].text
    assert (answered.cache_hit, answered.degraded) == (None, ())


def test_a_passage_behind_the_wanted_ones_is_read_for_a_word_that_they_lack(setting: Setting) -> None:
    found = [passage(number, f"The boiler {number} is hot.") for number in range(3)]
    setting.index = FakePassageIndex(vector=[*found, passage(9, "The valve leaks.")])
    answered = setting.ask("Which boiler has a valve?", top_k=2)
    assert [read.document_id for read in setting.model.read[0]] == ["d0", "d1", "d9"]
    assert [shown.document_id for shown in answered.content.passages] == ["d0", "d1"]


def test_a_question_in_a_conversation_is_answered_as_it_stands_alone(setting: Setting) -> None:
    setting.ask("And how hot?", history=HISTORY)
    assert setting.model.asked == ["Who runs the boiler?\nAnd how hot?"]


def test_the_same_question_again_comes_from_the_cache(setting: Setting) -> None:
    first = setting.ask()
    again = setting.ask()
    assert again.cache_hit is CacheHit.EXACT
    assert again.content == first.content
    assert len(setting.model.asked) == 1


def test_a_change_to_the_documents_makes_kept_answers_unreachable(setting: Setting) -> None:
    setting.ask()
    setting.index.version += 1
    assert setting.ask().cache_hit is None


def test_an_answer_is_found_again_under_all_it_depends_on_alone(setting: Setting) -> None:
    setting.ask()
    assert setting.ask(scope=TenantScope("Acme")).cache_hit is None
    assert setting.ask("How cold?").cache_hit is None
    assert setting.ask(top_k=3).cache_hit is None
    assert setting.ask(mode=SearchMode.FULLTEXT).cache_hit is None
    assert setting.ask(filters={"document_id": "d1"}).cache_hit is None
    assert setting.ask(filters={"document_id": ["d1"]}).cache_hit is None
    assert setting.ask(filters={"document_id": "d2"}).cache_hit is None
    assert setting.ask(history=HISTORY).cache_hit is None
    assert setting.ask(history=HISTORY[::-1]).cache_hit is None
    setting.identity = "other-embedder"
    assert setting.ask().cache_hit is None
    assert len(setting.cache.kept) == 11


def test_an_answer_of_other_rules_is_not_found(setting: Setting) -> None:
    setting.ask()
    setting.model.identity = "model-2"
    assert setting.ask().cache_hit is None


def test_composed_and_decomposed_letters_are_one_question(setting: Setting) -> None:
    setting.ask("cafe\u0301?")
    assert setting.ask("caf\u00e9?").cache_hit is CacheHit.EXACT
    assert setting.model.asked == ["caf\u00e9?"]


def test_without_the_cache_the_answer_is_made_and_says_so(setting: Setting) -> None:
    setting.cache.down = True
    answered = setting.ask()
    assert answered.content.answer.grounded
    assert answered.degraded == ("cache",)


def test_without_the_model_the_fallback_answers_and_nothing_is_kept(setting: Setting) -> None:
    setting.model.down = True
    answered = setting.ask()
    assert answered.content.answer.text.startswith("extract: ")
    assert answered.degraded == ("llm",)
    assert setting.cache.kept == {}


def test_without_the_model_and_a_fallback_it_is_unavailable(setting: Setting) -> None:
    setting.model.down, setting.fallback = True, None
    with pytest.raises(Unavailable):
        setting.ask()


def test_an_answer_from_words_alone_is_not_kept(setting: Setting) -> None:
    setting.embedder.down = True
    assert setting.ask().degraded == ("embedding",)
    assert setting.cache.kept == {}


def test_without_the_index_nothing_is_served_from_the_cache(setting: Setting) -> None:
    setting.ask()
    setting.index.down = True
    with pytest.raises(Unavailable):
        setting.ask()


def test_a_question_that_is_no_text_is_refused_before_anything_is_asked(setting: Setting) -> None:
    setting.index.down = True
    with pytest.raises(InvalidInput) as refusal:
        setting.ask(" ")
    assert refusal.value.field == "question"


def test_the_key_tells_nothing_of_the_question(setting: Setting) -> None:
    setting.ask("secret?")
    (key,) = setting.cache.kept
    assert "secret" not in key


class SameVectors(FakeEmbedder):
    """Gives every text the vector of one text, so that all questions are near."""

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        super().embed_passages(texts, deadline)
        return [vector_of("one") for _ in texts]


@pytest.fixture
def near(setting: Setting) -> Setting:
    """A setting in which all questions are near, and one was answered."""
    setting.embedder = SameVectors()
    setting.ask("How do I vent the boiler?")
    return setting


def test_a_question_of_the_same_meaning_is_answered_from_the_cache(near: Setting) -> None:
    answered = near.ask("How can I vent a boiler?")
    assert answered.cache_hit is CacheHit.SEMANTIC
    assert answered.content.answer.text.startswith("model: ")
    assert len(near.model.asked) == 1
    assert near.questions.used == ["How do I vent the boiler?"]


def test_a_near_question_that_asks_for_something_else_is_not(near: Setting) -> None:
    assert near.ask("How do I not vent the boiler?").cache_hit is None
    assert len(near.model.asked) == 2


def test_a_question_is_embedded_once_for_cache_and_search(setting: Setting) -> None:
    setting.ask("How hot?")
    assert setting.embedder.asked == ["How hot?"]


def test_the_meaning_counts_under_all_else_that_an_answer_depends_on_alone(near: Setting) -> None:
    same = "How can I vent a boiler?"
    assert near.ask(same, scope=TenantScope("Acme")).cache_hit is None
    assert near.ask(same, top_k=3).cache_hit is None
    assert near.ask(same, mode=SearchMode.VECTOR).cache_hit is None
    near.index.version += 1
    assert near.ask(same).cache_hit is None


def test_in_a_conversation_the_meaning_is_not_asked_for(near: Setting) -> None:
    assert near.ask("How can I vent a boiler?", history=HISTORY).cache_hit is None
    assert near.decide("How can I vent a boiler?", history=HISTORY).not_compared is NotCompared.CONVERSATION
    assert [answered.text for _, answered in near.questions.kept] == ["How do I vent the boiler?"]


def test_a_search_by_words_alone_embeds_nothing_for_the_cache(near: Setting) -> None:
    asked = len(near.embedder.asked)
    assert near.ask("How can I vent a boiler?", mode=SearchMode.FULLTEXT).cache_hit is None
    assert len(near.embedder.asked) == asked


def test_a_question_whose_answer_went_is_answered_anew(near: Setting) -> None:
    near.cache.kept.clear()
    assert near.ask("How can I vent a boiler?").cache_hit is None


def test_while_the_questions_do_not_answer_the_answer_is_made_and_says_so(near: Setting) -> None:
    near.questions.down = True
    answered = near.ask("How can I vent a boiler?")
    assert (answered.cache_hit, answered.degraded) == (None, ("cache",))


def test_a_model_that_does_not_answer_is_asked_once(setting: Setting) -> None:
    asked: list[str] = []

    class Away(FakeEmbedder):
        def embed_query(self, text: str, deadline: Deadline) -> Vector:
            asked.append(text)
            return super().embed_query(text, deadline)

    setting.embedder = Away(down=True)
    assert setting.ask().degraded == ("embedding",)
    assert asked == ["How hot?"]


def test_an_answer_of_what_is_no_longer_live_is_given_but_not_kept(setting: Setting) -> None:
    setting.index.current = False
    assert setting.ask().content.answer.grounded
    assert setting.cache.kept == {}
    assert setting.lock.released == [False]


def test_the_decision_tells_what_was_compared_and_what_differed(near: Setting) -> None:
    decision = near.decide("How do I vent the boiler in 5 minutes?")
    assert decision.hit is None
    (compared,) = decision.compared
    assert compared.kept.text == "How do I vent the boiler?"
    assert compared.verdict.difference is Difference.NUMBERS
    assert near.questions.used == []


def test_the_decision_compares_also_where_the_text_is_enough(near: Setting) -> None:
    decision = near.decide("How do I vent the boiler?")
    assert decision.hit is CacheHit.EXACT
    assert [each.verdict.same for each in decision.compared] == [True]


def test_the_decision_says_that_the_cache_does_not_answer(setting: Setting) -> None:
    setting.cache.down = True
    decision = setting.decide()
    assert (decision.answers, decision.not_compared) == (False, NotCompared.UNAVAILABLE)


def test_equal_questions_at_once_are_answered_by_the_first_alone(setting: Setting) -> None:
    key = setting.decide().key
    ready = AnswerWithPassages(Answer("Ready.", True, ()), ())

    def first_is_done() -> Claim:
        setting.cache.put(ACME, key, 1, ready)
        return Claim.READ

    setting.lock = FakeAnswerLock(Claim.WAIT, Claim.WAIT, first_is_done)
    answered = setting.ask()
    assert (answered.content, answered.cache_hit) == (ready, CacheHit.EXACT)
    assert setting.model.asked == []
    assert len(setting.waits_s) == 2


def test_what_was_waited_for_is_not_given_after_a_change(setting: Setting) -> None:
    key = setting.decide().key

    def first_is_done_and_a_document_changes() -> Claim:
        setting.cache.put(ACME, key, 1, AnswerWithPassages(Answer("Old.", True, ()), ()))
        setting.index.version += 1
        return Claim.READ

    setting.lock = FakeAnswerLock(Claim.WAIT, first_is_done_and_a_document_changes)
    answered = setting.ask()
    assert answered.cache_hit is None
    assert answered.content.answer.text.startswith("model: ")


def test_nobody_waits_longer_than_half_of_their_time(setting: Setting) -> None:
    setting.lock = FakeAnswerLock(*[Claim.WAIT] * 1000)
    assert setting.ask().content.answer.grounded
    assert 5 <= sum(setting.waits_s) <= 5 + LONGEST_WAIT_S
    assert setting.lock.released == []


def test_a_slow_lock_is_waited_for_no_longer_than_another() -> None:
    clock = FakeMonotonic()

    def takes(seconds: float) -> None:
        clock.reading_s += seconds

    def slow() -> Claim:
        takes(0.24)
        return Claim.WAIT

    deadline = Deadline.after(28, clock)
    with AnswerOnce(FakeAnswerLock(*[slow] * 1000), takes).turn("key", deadline):
        assert deadline.remaining_s() > 13


def test_who_waits_for_an_answer_that_cannot_be_kept_makes_their_own(setting: Setting) -> None:
    setting.lock = FakeAnswerLock(Claim.WAIT, Claim.GO_ALONE)
    assert setting.ask().content.answer.grounded
    assert setting.lock.released == []


def test_a_claim_is_released_whether_or_not_the_answer_was_kept(setting: Setting) -> None:
    setting.ask()
    setting.cache.too_large = True
    setting.ask("How cold?")
    setting.model.down, setting.fallback = True, None
    with pytest.raises(Unavailable):
        setting.ask("How warm?")
    assert setting.lock.released == [True, False, False]


def test_without_the_lock_everybody_makes_their_answer(setting: Setting) -> None:
    setting.lock.down = True
    answered = setting.ask()
    assert (answered.cache_hit, answered.degraded) == (None, ())


def test_the_answerer_is_told_how_far_the_best_passage_stands_out(setting: Setting) -> None:
    setting.ask()
    setting.index = FakePassageIndex(vector=[passage(number, f"Tank {number}.") for number in range(60)])
    setting.ask("Which tank is full?")
    few, many = setting.model.standings
    assert few is None
    assert many is not None
    assert many > 1
