"""Finished answers in Valkey, compressed, for an hour at most."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from typing import Any

from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.erasure import Counts, Erasure
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Answer, AnswerWithPassages, Citation, Passage, Usage
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock

TTL_S = 3600
MAX_PAYLOAD_BYTES = 256 * 1024
"""A larger answer is not kept: reading it back costs more than it saves."""

MAX_QUESTIONS = 1_000
"""Questions of a tenant that are kept to be found by their meaning; see `ValkeyQuestionCache`."""

REFUSES_FOR_S = 60
"""How long answers of a past corpus version are refused: longer than any question takes to answer."""

_PUT = """
-- KEYS: the answer, the tenant's list of answers, the least version it keeps. ARGV: the answer, its corpus version,
-- seconds that it lives. The list holds what is in the cache by the time of its end, as "version key".
if tonumber(ARGV[2]) < tonumber(redis.call('GET', KEYS[3]) or '0') then return 0 end
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[2] .. ' ' .. KEYS[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
"""

_FORGET = """
-- KEYS: the least version that the tenant keeps, its list of answers, its questions by their end, and by their use.
-- ARGV: that version, seconds that it is remembered. All lists hold "version key".
local least = math.max(tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0'))
redis.call('SET', KEYS[1], string.format('%.0f', least), 'EX', ARGV[2])
for list = 2, 4 do
  for _, member in ipairs(redis.call('ZRANGE', KEYS[list], 0, -1)) do
    local version, key = string.match(member, '^(%d+) (.*)$')
    if tonumber(version) < least then
      redis.call('DEL', key)
      redis.call('ZREM', KEYS[list], member)
    end
  end
end
"""


class ValkeyAnswerCache:
    """The `AnswerCache` port, and the cache's `TenantHoldings`, over one Valkey.

    Beside the answers lies a list of them for each tenant, so that they can be found when a document goes, and so they
    do for the questions of `ValkeyQuestionCache`, which go with them. All keys of a tenant share a hash slot.

    Parameters:
        client: the pooled client.
    """

    def __init__(self, client: ValkeyClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def get(self, key: str) -> AnswerWithPassages | None:
        """Return the answer under a key; see the port. A payload of an older release counts as none."""
        payload: Any = self._client.run(lambda redis: redis.get(key))
        return None if payload is None else decode_answer(payload)

    def put(self, scope: TenantScope, key: str, corpus_version: int, answer: AnswerWithPassages) -> bool:
        """Keep an answer for `TTL_S`; see the port."""
        payload = zlib.compress(json.dumps(asdict(answer), ensure_ascii=False).encode(), level=1)
        if len(payload) > MAX_PAYLOAD_BYTES:
            return False
        keys = (key, _list_key(scope), least_key(scope))
        arguments: tuple[Any, ...] = (*keys, payload, corpus_version, TTL_S)
        kept: Any = self._client.run(lambda redis: redis.eval(_PUT, len(keys), *arguments))
        return bool(kept)

    def forget(self, scope: TenantScope, before_version: int) -> None:
        """Remove what was made of older corpus versions; see the port."""
        keys = (least_key(scope), _list_key(scope), question_ends_key(scope), question_uses_key(scope))
        arguments: tuple[Any, ...] = (*keys, before_version, REFUSES_FOR_S)
        self._client.run(lambda redis: redis.eval(_FORGET, len(keys), *arguments))

    def count(self, scope: TenantScope) -> Counts:
        """Return how many answers there are; see the port."""
        now = self._clock.now().timestamp()
        lists = {"answers": _list_key(scope), "questions": question_ends_key(scope)}
        try:
            return {kind: self._alive(key, now) for kind, key in lists.items()}
        except Unavailable:
            return {}

    def remove(self, erasure: Erasure) -> bool:
        """Remove the answers of before an erase; see the port. None outlives `TTL_S`, with or without Valkey."""
        try:
            self.forget(erasure.scope, erasure.corpus_version)
        except Unavailable:
            if (self._clock.now() - erasure.started_at).total_seconds() <= TTL_S + REFUSES_FOR_S:
                raise
        return True

    def _alive(self, list_key: str, now_s: float) -> int:
        count: Any = self._client.run(lambda redis: redis.zcount(list_key, now_s, "+inf"))
        return int(count)


class NoAnswerCache:
    """The `AnswerCache` port of a deployment without Valkey: finds nothing, keeps nothing."""

    def get(self, key: str) -> AnswerWithPassages | None:  # noqa: ARG002
        """Return None."""
        return None

    def put(
        self,
        scope: TenantScope,  # noqa: ARG002
        key: str,  # noqa: ARG002
        corpus_version: int,  # noqa: ARG002
        answer: AnswerWithPassages,  # noqa: ARG002
    ) -> bool:
        """Keep nothing."""
        return False

    def forget(self, scope: TenantScope, before_version: int) -> None:
        """Have nothing to forget."""


def tenant_tag(scope: TenantScope) -> str:
    """Return a tenant's id in a form that tags keep apart, though they fold case, and that no query mistakes."""
    return scope.tenant_id.encode().hex()


def least_key(scope: TenantScope) -> str:
    """Return where the least corpus version lies whose answers a tenant keeps."""
    return f"answers-since:{{{tenant_tag(scope)}}}"


def question_ends_key(scope: TenantScope) -> str:
    """Return where a tenant's kept questions are listed by the time of their end."""
    return f"questions:{{{tenant_tag(scope)}}}"


def question_uses_key(scope: TenantScope) -> str:
    """Return where a tenant's kept questions are listed by their last use."""
    return f"questions-used:{{{tenant_tag(scope)}}}"


def decode_answer(payload: bytes) -> AnswerWithPassages | None:
    """Return the answer that a payload holds, None for one of another release."""
    try:
        return _decode(payload)
    except (ValueError, KeyError, TypeError, zlib.error):
        return None


def _list_key(scope: TenantScope) -> str:
    return f"answers:{{{tenant_tag(scope)}}}"


def _decode(payload: bytes) -> AnswerWithPassages:
    fields = json.loads(zlib.decompress(payload))
    answer = fields["answer"]
    return AnswerWithPassages(
        Answer(
            text=answer["text"],
            grounded=answer["grounded"],
            citations=tuple(Citation(**citation) for citation in answer["citations"]),
            usage=Usage(**answer["usage"]),
        ),
        tuple(_passage(passage) for passage in fields["passages"]),
    )


def _passage(fields: dict[str, Any]) -> Passage:
    lists = {name: tuple(fields[name]) for name in ("headings", "page_breaks")}
    return Passage(**{**fields, **lists})
