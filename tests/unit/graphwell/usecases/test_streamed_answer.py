"""What an audience is told of an answer while it is made."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Answer, Passage
from graphwell.ports import AnswerCutShort
from graphwell.usecases.kept_answers import CacheHit
from tests.fakes.search import FakePassageIndex, passage
from tests.unit.graphwell.usecases.test_answer_question import Setting


class Listener:
    """An `Audience` that remembers; `parts` are the passages' ids, and then the text it was told."""

    def __init__(self) -> None:
        self.parts: list[str | list[str]] = []

    def see(self, passages: Sequence[Passage]) -> None:
        """Take the passages."""
        self.parts.append([each.document_id for each in passages])

    def hear(self, text: str) -> None:
        """Take a part of the text."""
        self.parts.append(text)


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_passages_come_first_and_then_the_text_in_parts(setting: Setting, listener: Listener) -> None:
    answered = setting.ask(audience=listener)
    assert listener.parts == [["d1"], "model:", " The boiler runs at 2 bar."]
    assert answered.content.answer.text == "model: The boiler runs at 2 bar."


def test_a_streamed_answer_is_the_buffered_one_and_kept_as_it_is(setting: Setting, listener: Listener) -> None:
    streamed = setting.ask(audience=listener)
    assert setting.ask().content == streamed.content
    assert setting.ask().cache_hit is CacheHit.EXACT
    assert len(setting.model.asked) == 1


def test_a_kept_answer_is_told_at_once(setting: Setting, listener: Listener) -> None:
    setting.ask()
    assert setting.ask(audience=listener).cache_hit is CacheHit.EXACT
    assert listener.parts == [["d1"], "model: The boiler runs at 2 bar."]


def test_nothing_is_told_of_a_refusal_kept_or_not(setting: Setting, listener: Listener) -> None:
    setting.index = FakePassageIndex()
    assert not setting.ask(audience=listener).content.answer.grounded
    assert setting.ask(audience=listener).cache_hit is CacheHit.EXACT
    assert listener.parts == [[], []]


def test_without_the_model_the_fallback_is_told(setting: Setting, listener: Listener) -> None:
    setting.model.down = True
    answered = setting.ask(audience=listener)
    assert listener.parts == [["d1"], "extract:", " The boiler runs at 2 bar."]
    assert answered.degraded == ("llm",)


def test_what_was_told_stands_when_the_model_stops_and_is_not_kept(setting: Setting, listener: Listener) -> None:
    setting.model.breaks_with = AnswerCutShort(Answer("model:", True, ()))
    answered = setting.ask(audience=listener)
    assert listener.parts == [["d1"], "model:"]
    assert (answered.content.answer.text, answered.degraded) == ("model:", ("llm",))
    assert setting.cache.kept == {}
    assert setting.fallback is not None
    assert setting.fallback.asked == []


def test_nothing_is_told_before_the_index_has_answered(setting: Setting, listener: Listener) -> None:
    setting.index.down = True
    with pytest.raises(Unavailable):
        setting.ask(audience=listener)
    assert listener.parts == []


def test_a_passage_that_is_read_beyond_the_wanted_ones_is_seen(setting: Setting, listener: Listener) -> None:
    found = [passage(number, f"The boiler {number} is hot.") for number in range(3)]
    setting.index = FakePassageIndex(vector=[*found, passage(9, "The valve leaks.")])
    setting.ask("Which boiler has a valve?", top_k=2, audience=listener)
    assert listener.parts[0] == ["d0", "d1", "d9"]
