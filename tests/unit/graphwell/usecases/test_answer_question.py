"""Answering, and what is kept under which key."""

from __future__ import annotations

import pytest

from graphwell.domain.conversation import Role, Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import InvalidInput, Unavailable
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.answer_question import AnsweredQuestion, AnswerQuestion, CacheHit
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.search import FakeAnswerCache, FakeAnswerer, FakePassageIndex, FakeTermCounter, passage

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
        self.identity = "embedder"

    def ask(self, question: str = "How hot?", scope: TenantScope = ACME, **options: object) -> AnsweredQuestion:
        """Ask once, with the parts as they are now."""
        use_case = AnswerQuestion(
            FindPassages(
                Search(self.embedder, self.index, FakeTermCounter(), FakeMetadataKeys().declared),
                rewriter=None,
                reranker=None,
            ),
            self.index,
            answerer=self.model,
            fallback=self.fallback,
            cache=self.cache,
            identity=self.identity,
        )
        request = SearchRequest(question, field="question", **options)  # type: ignore[arg-type]  # its own fields
        return use_case(scope, request, Deadline.after(10, FakeMonotonic()))


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_an_answer_comes_with_its_passages_and_citations(setting: Setting) -> None:
    answered = setting.ask()
    assert answered.content.answer.grounded
    assert answered.content.answer.citations[0].quote == answered.content.passages[0].text
    assert (answered.cache_hit, answered.degraded) == (None, ())


def test_a_passage_behind_the_wanted_ones_is_read_for_a_word_that_they_lack(setting: Setting) -> None:
    found = [passage(number, "The boiler is hot.") for number in range(3)]
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
    assert setting.ask("How hot").cache_hit is None
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
