"""Answered questions in Valkey, found by their vectors with the search module.

Of FT.* only what ElastiCache for Valkey 8.2 has is used: one index for all tenants, of a flat vector field and two
tags. A flat index reads every vector that the tags leave, so it is exact, and a tenant pays for its own entries alone.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphwell.adapters.valkey_answer_cache import (
    MAX_QUESTIONS,
    TTL_S,
    decode_answer,
    least_key,
    question_ends_key,
    question_uses_key,
    tenant_tag,
)
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.passages import AnswerWithPassages
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import AnsweredText, KeptQuestion, Vector

if TYPE_CHECKING:
    from redis import Redis

NEAREST = 4
"""Kept questions that are looked at: the nearest one may ask for something else and the next for the same."""

MAX_QUESTION_BYTES = 2_000
"""A longer question is not kept; the guard would not compare it either."""

# Writes an entry and makes room for it, in one step: a crash leaves both or neither.
_PUT = """
-- KEYS: the entry, entries by their end, entries by their last use, the least corpus version that is kept.
-- ARGV: corpus version, seconds that it lives, most entries, then fields and values.
if tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[4]) or '0') then return 0 end
local time = redis.call('TIME')
local now, used = tonumber(time[1]), time[1] * 1000000 + time[2]
local function drop(member)
  redis.call('DEL', string.match(member, '^%d+ (.*)$'))
  redis.call('ZREM', KEYS[2], member)
  redis.call('ZREM', KEYS[3], member)
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do drop(member) end
local member = ARGV[1] .. ' ' .. KEYS[1]
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], now + ARGV[2], member)
redis.call('ZADD', KEYS[3], string.format('%.0f', used), member)
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[2])
local surplus = redis.call('ZCARD', KEYS[3]) - ARGV[3]
if surplus > 0 then
  for _, oldest in ipairs(redis.call('ZRANGE', KEYS[3], 0, surplus - 1)) do drop(oldest) end
end
return 1
"""

_TAKE = """
-- KEYS: the answer, the entry, entries by their last use. ARGV: the entry's corpus version.
local answer = redis.call('GET', KEYS[1])
if answer and redis.call('EXISTS', KEYS[2]) == 1 then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[3], 'XX', string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1] .. ' ' .. KEYS[2])
end
return answer
"""


_NOTHING: Sequence[Any] = (0,)


class ValkeyQuestionCache:
    """The `QuestionCache` port over one Valkey. What it holds is forgotten and erased with the answers, by
    `ValkeyAnswerCache`.

    Parameters:
        dimensions: of all vectors.
    """

    def __init__(self, client: ValkeyClient, dimensions: int) -> None:
        self._client = client
        self._dimensions = dimensions
        self._index = f"questions-{dimensions}"
        self._prefix = f"question-{dimensions}:"
        self._can_search = True

    def nearest(self, scope: TenantScope, stamp: str, vector: Vector) -> Sequence[KeptQuestion]:
        """Return the few kept questions with the nearest vectors; see the port."""
        tag = tenant_tag(scope)
        query = f"(@tenant:{{{tag}}} @stamp:{{{stamp}}})=>[KNN {NEAREST} @vector $vector AS distance]"
        fields = ["tenant", "stamp", "version", "question", "answer", "distance"]
        arguments = [query, "RETURN", len(fields), *fields, "PARAMS", 2, "vector", _packed(vector)]
        arguments += ["LIMIT", 0, NEAREST, "DIALECT", 2]
        reply: Any = self._client.run(lambda redis: self._search(redis, arguments))
        found = []
        for key, values in zip(reply[1::2], reply[2::2], strict=False):
            entry = dict(zip(values[::2], values[1::2], strict=False))
            # The index folds case and may lag behind: what it says is compared with what the entry holds.
            if (entry.get(b"tenant"), entry.get(b"stamp")) == (tag.encode(), stamp.encode()):
                found.append(_kept(key, entry))
        return sorted(found, key=lambda kept: (-kept.cosine, kept.id))

    def take(self, scope: TenantScope, kept: KeptQuestion) -> AnswerWithPassages | None:
        """Return the answer of a kept question; see the port."""
        version, _, key = kept.id.partition(" ")
        keys = (kept.answer_key, key, question_uses_key(scope))
        payload: Any = self._client.run(lambda redis: redis.eval(_TAKE, len(keys), *keys, version))
        return None if payload is None else decode_answer(payload)

    def put(self, scope: TenantScope, answered: AnsweredText) -> None:
        """Keep a question; see the port."""
        text = answered.text.encode()
        if len(text) > MAX_QUESTION_BYTES or not self._can_search:
            return
        entry: Mapping[str, str | bytes | int] = {
            "tenant": tenant_tag(scope),
            "stamp": answered.stamp,
            "version": answered.corpus_version,
            "question": text,
            "answer": answered.answer_key,
            "vector": _packed(answered.vector),
        }
        name = hashlib.sha256(f"{answered.stamp} {answered.text}".encode()).hexdigest()
        key = f"{self._prefix}{{{tenant_tag(scope)}}}:{name}"
        keys = (key, question_ends_key(scope), question_uses_key(scope), least_key(scope))
        fields = [part for field in entry.items() for part in field]
        arguments: tuple[Any, ...] = (*keys, answered.corpus_version, TTL_S, MAX_QUESTIONS, *fields)
        self._client.run(lambda redis: redis.eval(_PUT, len(keys), *arguments))

    def _search(self, redis: Redis, arguments: Sequence[Any]) -> Any:
        """Search, and make the index when there is none: neither a script nor a transaction may create one.

        A server without the search module finds nothing, and is a cache by text all the same.
        """
        from redis.exceptions import ResponseError  # noqa: PLC0415

        try:
            return _run(redis, "FT.SEARCH", self._index, *arguments) if self._can_search else _NOTHING
        except ResponseError as error:
            if "unknown command" in str(error).lower():
                self._can_search = False
                return _NOTHING
            if "index" not in str(error).lower():
                raise
        self._create_index(redis)
        return _run(redis, "FT.SEARCH", self._index, *arguments)

    def _create_index(self, redis: Redis) -> None:
        from redis.exceptions import ResponseError  # noqa: PLC0415

        vector = ["VECTOR", "FLAT", 6, "TYPE", "FLOAT32", "DIM", self._dimensions, "DISTANCE_METRIC", "COSINE"]
        schema = ["tenant", "TAG", "stamp", "TAG", "vector", *vector]
        try:
            _run(redis, "FT.CREATE", self._index, "ON", "HASH", "PREFIX", 1, self._prefix, "SCHEMA", *schema)
        except ResponseError as error:
            if "exist" not in str(error).lower():  # another environment was first
                raise


def _run(redis: Redis, *command: Any) -> Any:
    return redis.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py has no types for it


def _packed(vector: Vector) -> bytes:
    return array("f", vector).tobytes()


def _kept(key: bytes, entry: Mapping[bytes, bytes]) -> KeptQuestion:
    return KeptQuestion(
        id=f"{int(entry[b'version'])} {key.decode()}",
        text=entry[b"question"].decode(),
        cosine=1.0 - float(entry[b"distance"]),
        answer_key=entry[b"answer"].decode(),
    )
