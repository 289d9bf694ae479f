"""The request log of all environments, in Valkey: one round trip a request, exact under any concurrency."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.rate_limits import Budget, RateVerdict, WindowState
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from redis import Redis

_TAKE = """
-- KEYS: a log for each budget. ARGV: for each key the number of its windows, then limit and milliseconds of each.
-- A log is a list of the times of requests taken, newest first, in milliseconds of the server's clock.

local function count_since(key, since, bound)
  local low, high = 0, math.min(redis.call('LLEN', key), bound)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if tonumber(redis.call('LINDEX', key, middle)) > since then low = middle + 1 else high = middle end
  end
  return low
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, key in ipairs(KEYS) do
  now = math.max(now, tonumber(redis.call('LINDEX', key, 0)) or 0)  -- the clock may have been set back
end

local allowed, states, logs, argument = 1, {}, {}, 1
for index, key in ipairs(KEYS) do
  local log = {longest = 0, lasts = 0}
  for _ = 1, tonumber(ARGV[argument]) do
    local limit, lasts = tonumber(ARGV[argument + 1]), tonumber(ARGV[argument + 2])
    local used = count_since(key, now - lasts, limit)
    local frees_in = lasts
    if used > 0 then frees_in = tonumber(redis.call('LINDEX', key, used - 1)) + lasts - now end
    if used >= limit then allowed = 0 end
    table.insert(states, used)
    table.insert(states, frees_in)
    log.longest, log.lasts = math.max(log.longest, limit), math.max(log.lasts, lasts)
    argument = argument + 2
  end
  logs[index] = log
  argument = argument + 1
end

if allowed == 1 then
  for index, key in ipairs(KEYS) do
    redis.call('LPUSH', key, string.format('%.0f', now))
    redis.call('LTRIM', key, 0, logs[index].longest - 1)
    redis.call('PEXPIRE', key, logs[index].lasts)
  end
end
return {allowed, unpack(states)}
"""
_TAKE_SHA = hashlib.sha1(_TAKE.encode(), usedforsecurity=False).hexdigest()
"""The name under which a server knows the script."""


class ValkeyRateLog:
    """The `RateLog` port over one Valkey.

    A list of times takes about 11 bytes a request, where a sorted set takes about 100; the log of a principal is at
    most as long as its largest limit and goes an hour after its last request. All logs of a tenant share a hash slot.

    Parameters:
        client: the pooled client.
    """

    def __init__(self, client: ValkeyClient) -> None:
        self._client = client

    def take(self, scope: TenantScope, budgets: Sequence[Budget]) -> RateVerdict:
        """Count a request; see the port. One whose reply was lost may be counted twice, never less than once."""
        keys = [_key(scope, budget) for budget in budgets]
        arguments = [number for budget in budgets for number in _arguments(budget)]
        reply = self._client.run(lambda redis: _run(redis, len(keys), *keys, *arguments))
        return _verdict(budgets, reply)


def _run(redis: Redis, *arguments: Any) -> Any:
    from redis.exceptions import NoScriptError  # noqa: PLC0415

    try:
        return redis.evalsha(_TAKE_SHA, *arguments)
    except NoScriptError:
        return redis.eval(_TAKE, *arguments)


def _key(scope: TenantScope, budget: Budget) -> str:
    """Return the key of a budget's log; subjects are hashed, since they may hold a person's address."""
    subject, rate_class = budget.owner
    owner = hashlib.sha256(subject.encode()).hexdigest()[:32] if subject else "tenant"
    return f"rate:{{{scope.tenant_id.encode().hex()}}}:{rate_class}:{owner}"


def _arguments(budget: Budget) -> list[str]:
    windows = [number for window in budget.windows for number in (window.limit, window.seconds * 1000)]
    return [str(number) for number in (len(budget.windows), *windows)]


def _verdict(budgets: Sequence[Budget], reply: list[int]) -> RateVerdict:
    allowed, *states = reply
    windows = [window for budget in budgets for window in budget.windows]
    return RateVerdict.of(
        [
            WindowState(window, used + allowed, frees_in_ms / 1000)
            for window, used, frees_in_ms in zip(windows, states[::2], states[1::2], strict=True)
        ],
        allowed=bool(allowed),
    )
