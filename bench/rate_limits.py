"""What counting a request costs: all windows in one script, against a library that asks for each window by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from bench.local_stack import BenchStack
from devstack.evaluation.metrics import percentile
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_rate_log import ValkeyRateLog
from graphwell.domain.rate_limits import MAX_LIMIT, RateClass, RateLimits
from graphwell.domain.tenancy import TenantScope

REQUESTS = 2_000
WARM_UP = 100
OPEN = RateLimits(*(MAX_LIMIT,) * 6)
FULL = RateLimits(requests_per_hour=1_000)


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return p50 and p95 in milliseconds of one request's counting, and the bytes that a full log of 1,000 takes.

    The two ways are asked in turn, so that noise of the machine meets both alike.
    """
    url = stack.valkey_url
    log, library = ValkeyRateLog(ValkeyClient(url, dict)), MovingWindowRateLimiter(RedisStorage(url))
    items: list[RateLimitItem] = [RateLimitItemPerMinute(MAX_LIMIT), RateLimitItemPerHour(MAX_LIMIT)]

    def by_library() -> None:
        for owner in ("user", "tenant"):
            for item in items:
                library.hit(item, owner)
                library.get_window_stats(item, owner)

    def ours() -> None:
        log.take(TenantScope("bench"), OPEN.budgets("user", RateClass.STANDARD))

    def refused() -> None:
        log.take(TenantScope("full"), FULL.budgets("user", RateClass.STANDARD))

    ways: dict[str, Callable[[], None]] = {"limits": by_library, "graphwell": ours, "graphwell, refused": refused}
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(REQUESTS + WARM_UP):
        for way, work in ways.items():
            started = time.perf_counter()
            work()
            times[way].append((time.perf_counter() - started) * 1000)
    report: dict[str, Any] = {way: _percentiles(found[WARM_UP:]) for way, found in times.items()}
    report["ratio"] = round(report["limits"]["p50_ms"] / report["graphwell"]["p50_ms"], 2)
    return {**report, "bytes_of_1000_requests": _sizes(url)}


def _percentiles(times_ms: list[float]) -> dict[str, float]:
    return {f"p{share}_ms": round(percentile(times_ms, share / 100), 3) for share in (50, 95)}


def _sizes(url: str) -> dict[str, int]:
    """Return what 1,000 requests of a principal take as a list of times, and as the sorted set of a sliding log."""
    now_ms = time.time_ns() // 1_000_000
    with redis.Redis.from_url(url) as client:
        client.delete("bench:list", "bench:zset")
        client.lpush("bench:list", *range(now_ms, now_ms + 1_000))
        client.zadd("bench:zset", {f"{now_ms + number}:{number}": now_ms + number for number in range(1_000)})
        return {kind: int(client.memory_usage(f"bench:{kind}", samples=0) or 0) for kind in ("list", "zset")}
