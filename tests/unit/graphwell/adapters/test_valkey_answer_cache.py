"""Answers as they are kept in Valkey."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from graphwell.adapters.system_clock import SystemClock
from graphwell.adapters.valkey_answer_cache import MAX_PAYLOAD_BYTES, TTL_S, NoAnswerCache, ValkeyAnswerCache
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Answer, AnswerWithPassages, Citation, Passage, Usage
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from redis import Redis

ACME = TenantScope("acme")
PASSAGE = Passage("d", "d~1~0", "Title", "Text \u00e9 \U0001f600", 3, 11, 0.032, ("One", "Two"), 7)
CONTENT = AnswerWithPassages(
    Answer("An answer.", True, (Citation("d", "d~1~0", "Text", 3, 7, 7),), Usage(10, 20, "model")), (PASSAGE,)
)


class FakeRedis:
    """Reading, and the script that keeps an answer; `error` is raised by both when it is set."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.lifetimes_s: dict[str, int] = {}
        self.error: Exception | None = None

    def get(self, key: str) -> bytes | None:
        """Return what is kept under a key."""
        if self.error is not None:
            raise self.error
        return self.kept.get(key)

    def eval(self, _script: str, _keys: int, key: str, *arguments: Any) -> None:
        """Keep a value."""
        if self.error is not None:
            raise self.error
        *_, value, _version, lifetime_s = arguments
        self.kept[key], self.lifetimes_s[key] = value, lifetime_s


@pytest.fixture
def redis() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def cache(redis: FakeRedis) -> ValkeyAnswerCache:
    client = ValkeyClient("redis://localhost", dict)
    client._client = cast("Redis", redis)
    return ValkeyAnswerCache(client, SystemClock())


def test_an_answer_is_read_back_as_it_was_kept(cache: ValkeyAnswerCache, redis: FakeRedis) -> None:
    cache.put(ACME, "key", 1, CONTENT)
    assert cache.get("key") == CONTENT
    assert redis.lifetimes_s == {"key": TTL_S}


def test_a_refusal_is_read_back_too(cache: ValkeyAnswerCache) -> None:
    refusal = AnswerWithPassages(Answer("The documents do not say.", False, ()), ())
    cache.put(ACME, "key", 1, refusal)
    assert cache.get("key") == refusal


def test_there_is_nothing_under_an_unknown_key(cache: ValkeyAnswerCache) -> None:
    assert cache.get("key") is None


def test_an_answer_that_is_too_large_is_not_kept(cache: ValkeyAnswerCache, redis: FakeRedis) -> None:
    incompressible = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(MAX_PAYLOAD_BYTES))
    cache.put(ACME, "key", 1, AnswerWithPassages(Answer(incompressible, True, ()), ()))
    assert redis.kept == {}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"garbage",
        zlib.compress(b"garbage"),
        zlib.compress(b"\xff\xfe"),
        zlib.compress(b"[]"),
        zlib.compress(b"null"),
        zlib.compress(json.dumps({"answer": None, "passages": []}).encode()),
        zlib.compress(json.dumps({"answer": {"text": "a"}, "passages": []}).encode()),
        zlib.compress(b'{"answer":{"text":"a","grounded":true,"citations":[{"old":1}],"usage":{}},"passages":[]}'),
        zlib.compress(b'{"answer":{"text":"a","grounded":true,"citations":[],"usage":{}},"passages":[1]}'),
    ],
)
def test_a_payload_of_another_release_counts_as_none(
    cache: ValkeyAnswerCache, redis: FakeRedis, payload: bytes
) -> None:
    redis.kept["key"] = payload
    assert cache.get("key") is None


@pytest.mark.parametrize("error", [RedisConnectionError("refused"), RedisTimeoutError("slow")])
def test_a_server_that_is_away_is_unavailable(cache: ValkeyAnswerCache, redis: FakeRedis, error: Exception) -> None:
    redis.error = error
    with pytest.raises(Unavailable):
        cache.get("key")
    with pytest.raises(Unavailable):
        cache.put(ACME, "key", 1, CONTENT)


def test_without_a_cache_nothing_is_kept() -> None:
    cache = NoAnswerCache()
    cache.put(ACME, "key", 1, CONTENT)
    assert cache.get("key") is None
