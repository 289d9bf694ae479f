"""Who makes an answer, in Valkey: a key that ends by itself, for each answer that is being made."""

from __future__ import annotations

from typing import Any

from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.ports import Claim

LEASE_MS = 5_000
"""How long a claim outlives its owner at most. One that is still at work then is joined by one other."""

GO_ALONE_MS = 1_000
"""How long those who wait hear that an answer could not be kept: several of their looks."""

_ALONE = "alone"

_CLAIM = """
-- KEYS: the answer, its lock. ARGV: owner, milliseconds of the claim, what a lock holds whose answer was not kept.
if redis.call('EXISTS', KEYS[1]) == 1 then return 'READ' end
local holder = redis.call('GET', KEYS[2])
if holder == ARGV[3] then return 'GO_ALONE' end
if holder and holder ~= ARGV[1] then return 'WAIT' end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 'MAKE'
"""

_RELEASE = """
-- KEYS: the lock. ARGV: owner, what it is to hold now if anything, for how many milliseconds.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


class ValkeyAnswerLock:
    """The `AnswerLock` port over one Valkey."""

    def __init__(self, client: ValkeyClient) -> None:
        self._client = client

    def claim(self, key: str, owner: str) -> Claim:
        """Return what to do about an answer; see the port. Asked twice by one owner, both give the same."""
        keys = (key, _lock_key(key))
        reply: Any = self._client.run(lambda redis: redis.eval(_CLAIM, 2, *keys, owner, str(LEASE_MS), _ALONE))
        return Claim[reply.decode()]

    def release(self, key: str, owner: str, *, kept: bool) -> None:
        """End a claim; see the port."""
        left = "" if kept else _ALONE
        self._client.run(lambda redis: redis.eval(_RELEASE, 1, _lock_key(key), owner, left, str(GO_ALONE_MS)))


class NoAnswerLock:
    """The `AnswerLock` port of a deployment without Valkey: everybody makes an answer."""

    def claim(self, key: str, owner: str) -> Claim:  # noqa: ARG002
        """Return that the answer is to be made."""
        return Claim.GO_ALONE

    def release(self, key: str, owner: str, *, kept: bool) -> None:
        """Have nothing to release."""


def _lock_key(key: str) -> str:
    return f"{key}:lock"
