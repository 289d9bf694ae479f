"""Questions that are found by their meaning, over the real search module."""

from __future__ import annotations

import uuid

import pytest

from devstack.endpoints import Endpoints
from graphwell.adapters.system_clock import SystemClock
from graphwell.adapters.valkey_answer_cache import MAX_QUESTIONS, TTL_S, ValkeyAnswerCache
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_question_cache import MAX_QUESTION_BYTES, NEAREST, ValkeyQuestionCache
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Answer, AnswerWithPassages
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import AnsweredText
from tests.fakes.embedding import DIMENSIONS, vector_of
from tests.integration.graphwell.questions import STAMP, question_cache

ANSWER = AnswerWithPassages(Answer("An answer.", True, ()), ())
OTHER_STAMP = "cd" * 32


class World:
    """Both caches of one tenant."""

    def __init__(self, client: ValkeyClient, scope: TenantScope) -> None:
        self.client = client
        self.scope = scope
        self.answers = ValkeyAnswerCache(client, SystemClock())
        self.questions = question_cache(client)

    def keep(self, text: str, *, stamp: str = STAMP, corpus_version: int = 1) -> None:
        """Keep a question with an answer."""
        key = f"answer:{{{self.scope.tenant_id.encode().hex()}}}:{uuid.uuid4().hex}"
        self.answers.put(self.scope, key, corpus_version, ANSWER)
        self.questions.put(self.scope, AnsweredText(text, vector_of(text), stamp, corpus_version, key))

    def found(self, text: str, *, stamp: str = STAMP) -> list[str]:
        """Return the texts of what is near to a text."""
        return [kept.text for kept in self.questions.nearest(self.scope, stamp, vector_of(text))]

    def in_use(self) -> list[bytes]:
        """Return the names of everything that holds something of the tenant."""
        return [key for key in self.client().scan_iter() if self.scope.tenant_id.encode().hex().encode() in key]


@pytest.fixture(scope="module")
def client(endpoints: Endpoints) -> ValkeyClient:
    return ValkeyClient(endpoints.valkey_url, dict)


@pytest.fixture
def world(client: ValkeyClient, scope: TenantScope) -> World:
    return World(client, scope)


def test_the_nearest_questions_are_found_with_their_cosines_and_answers(world: World) -> None:
    for text in ("a", "b", "c", "d", "e", "f"):
        world.keep(text)
    found = world.questions.nearest(world.scope, STAMP, vector_of("c"))
    assert len(found) == NEAREST
    assert found[0].text == "c"
    assert found[0].cosine == pytest.approx(1.0, abs=1e-5)
    assert [kept.cosine for kept in found] == sorted((kept.cosine for kept in found), reverse=True)
    assert world.questions.take(world.scope, found[0]) == ANSWER


def test_only_questions_of_the_same_stamp_are_found(world: World) -> None:
    world.keep("a")
    assert world.found("a", stamp=OTHER_STAMP) == []


@pytest.mark.parametrize("other", [str.upper, lambda name: f"{name}-", lambda name: f"x{name}"])
def test_only_questions_of_the_same_tenant_are_found(client: ValkeyClient, other: object) -> None:
    name = f"t-{uuid.uuid4().hex}"
    World(client, TenantScope(name)).keep("a")
    assert World(client, TenantScope(other(name))).found("a") == []  # type: ignore[operator]


def test_what_the_index_says_is_compared_with_the_tenant_again(world: World) -> None:
    """A TAG folds case: an entry whose tenant differs in that alone is found by the index, and left out after it."""
    world.keep("a")
    [entry] = [key for key in world.in_use() if key.startswith(b"question-")]
    world.client().hset(entry, "tenant", world.scope.tenant_id.encode().hex().upper())
    assert world.found("a") == []


def test_every_tenant_has_the_same_one_index(client: ValkeyClient) -> None:
    for _ in range(3):
        World(client, TenantScope(f"t-{uuid.uuid4().hex}")).found("a")
    names = client().execute_command("FT._LIST")  # type: ignore[no-untyped-call]
    assert names.count(f"questions-{DIMENSIONS}".encode()) == 1


def test_the_index_is_made_again_when_it_is_lost(world: World) -> None:
    world.keep("a")
    assert world.found("a") == ["a"]
    world.client().execute_command("FT.DROPINDEX", f"questions-{DIMENSIONS}")  # type: ignore[no-untyped-call]
    world.found("a")
    world.keep("b")
    assert "b" in world.found("b")


def test_the_same_question_again_replaces_itself(world: World) -> None:
    world.keep("a")
    world.keep("a")
    assert world.found("a") == ["a"]
    assert world.answers.count(world.scope) == {"answers": 2, "questions": 1}


def test_the_least_recently_used_question_makes_room(world: World) -> None:
    world.keep("first")
    world.keep("second")
    [first, *_] = world.questions.nearest(world.scope, STAMP, vector_of("first"))
    world.questions.take(world.scope, first)
    for number in range(MAX_QUESTIONS - 1):
        world.questions.put(world.scope, AnsweredText(f"{number}", vector_of(f"{number}"), STAMP, 1, "answer"))
    assert world.answers.count(world.scope)["questions"] == MAX_QUESTIONS
    assert world.found("first")[0] == "first"
    assert "second" not in world.found("second")
    entries = [key for key in world.in_use() if key.startswith(b"question-")]
    assert len(entries) == MAX_QUESTIONS


def test_everything_ends_within_the_hour(world: World) -> None:
    world.keep("a")
    assert all(0 < world.client().ttl(key) <= TTL_S for key in world.in_use())


def test_entries_that_ended_by_themselves_take_no_place(world: World) -> None:
    world.keep("a")
    [entry] = [key for key in world.in_use() if key.startswith(b"question-")]
    lists = f"questions:{{{world.scope.tenant_id.encode().hex()}}}"
    world.client().zadd(lists, {f"1 {entry.decode()}": 1})
    world.client().delete(entry)
    world.keep("b")
    assert world.answers.count(world.scope)["questions"] == 1
    assert world.client().zcard(lists) == world.client().zcard(lists.replace("questions", "questions-used")) == 1


def test_a_question_whose_answer_went_has_none(world: World) -> None:
    world.keep("a")
    [kept] = world.questions.nearest(world.scope, STAMP, vector_of("a"))
    world.client().delete(kept.answer_key)
    assert world.questions.take(world.scope, kept) is None


def test_what_is_forgotten_leaves_nothing_behind(world: World) -> None:
    world.keep("old", corpus_version=1)
    world.keep("new", corpus_version=2)
    world.answers.forget(world.scope, 2)
    assert world.found("old") == ["new"]
    world.answers.forget(world.scope, 3)
    assert world.answers.count(world.scope) == {"answers": 0, "questions": 0}
    left = world.in_use()
    assert [key for key in left if not key.startswith(b"answers-since:")] == []


def test_a_question_that_comes_after_its_version_was_forgotten_is_not_kept(world: World) -> None:
    world.answers.forget(world.scope, 2)
    world.keep("late", corpus_version=1)
    assert world.found("late") == []


def test_a_question_that_is_too_long_is_not_kept(world: World) -> None:
    world.keep("x" * (MAX_QUESTION_BYTES + 1))
    assert world.answers.count(world.scope)["questions"] == 0


def test_a_server_that_is_away_is_unavailable(scope: TenantScope) -> None:
    questions = ValkeyQuestionCache(ValkeyClient("redis://127.0.0.1:1", dict), DIMENSIONS)
    with pytest.raises(Unavailable):
        questions.nearest(scope, STAMP, vector_of("a"))
    with pytest.raises(Unavailable):
        questions.put(scope, AnsweredText("a", vector_of("a"), STAMP, 1, "answer"))
