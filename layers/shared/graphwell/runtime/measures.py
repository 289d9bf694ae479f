"""What functions tell operators of their work: metrics in CloudWatch's embedded format, one line an invocation.

Every metric has the dimension `service`, the function's name; monitoring.yaml draws them. None has a tenant or another
value of a request among its dimensions, so their number is bounded.
"""

from __future__ import annotations

import time
import warnings
from contextlib import contextmanager
from resource import RUSAGE_SELF, getrusage
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from graphwell.runtime.observability import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from graphwell.adapters.neo4j_pool_use import PoolUse
    from graphwell.domain.agent.steps import Step, Stop
    from graphwell.domain.model_use import ModelCall, TokenPrices
    from graphwell.domain.passages import Usage

# Most invocations of some functions have nothing to tell, which Powertools takes for an oversight.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def record_search(timings_ms: Mapping[str, float], degraded: Iterable[str]) -> None:
    """Tell how long each stage of a search took (`search_<stage>_ms`), and what was missing (`degraded_<part>`)."""
    for stage, duration_ms in timings_ms.items():
        metrics.add_metric(f"search_{stage}_ms", MetricUnit.Milliseconds, duration_ms)
    _record_degraded(degraded)


def record_answer(cache_hit: str | None, *, grounded: bool, degraded: Iterable[str]) -> None:
    """Tell where an answer came from, and whether it is a refusal.

    Parameters:
        cache_hit: kind of hit; None for an answer made anew.
    """
    _count(f"answers_{cache_hit or 'computed'}")
    if not grounded:
        _count("answers_refused")
    _record_degraded(degraded)


def record_agent(steps: Sequence[Step], stopped: Stop) -> None:
    """Tell how many steps a run of the agent took, and how many were refused; and why it ended (`agent_stopped_<why>`).

    The tokens that it took are told by call; see `record_model_use`.
    """
    _count("agent_steps", len(steps))
    _count("agent_refused", sum(step.kind == "refused" for step in steps))
    _count(f"agent_stopped_{stopped}")


def record_model_use(prices: TokenPrices, call: ModelCall, usage: Usage) -> None:
    """Tell the tokens that a call of a model took and what they cost (`<call>_tokens_in`, `_tokens_out`, `_cost_usd`).

    Parameters:
        prices: those of the model.
    """
    _count(f"{call}_tokens_in", usage.prompt_tokens)
    if usage.completion_tokens:
        _count(f"{call}_tokens_out", usage.completion_tokens)
    metrics.add_metric(f"{call}_cost_usd", MetricUnit.NoUnit, prices.cost_usd(usage))


def record_pool_use(use: PoolUse) -> None:
    """Tell how the connections to Neo4j of this environment stand, whenever one of them is taken."""
    metrics.add_metric("neo4j_acquire_ms", MetricUnit.Milliseconds, round(1000 * use.waited_s, 2))
    _count("neo4j_connections_in_use", use.in_use)
    _count("neo4j_connections_idle", use.idle)


def record_recall(recall: float) -> None:
    """Tell how much of the ten nearest chunks a search found by its index; of a sample of them."""
    metrics.add_metric("sampled_recall", MetricUnit.NoUnit, recall)


def record_retry(part: str) -> None:
    """Tell that a call to a part is tried again."""
    _count(f"retries_{part}")


@contextmanager
def measured() -> Iterator[None]:
    """Tell what a unit of work takes: its processor time, and the most memory that the environment has held."""
    began_s = time.process_time()
    try:
        yield
    finally:
        metrics.add_metric("processor_ms", MetricUnit.Milliseconds, 1000 * (time.process_time() - began_s))
        metrics.add_metric("memory_mb", MetricUnit.Megabytes, getrusage(RUSAGE_SELF).ru_maxrss / 1024)


def record_token_refused() -> None:
    """Tell that the authorizer let a token in nowhere, which Lambda counts among its errors."""
    _count("tokens_refused")


def record_rate_limited() -> None:
    """Tell that a caller was over a limit."""
    _count("rate_limited")


def record_embedded(chunks: int, documents: int) -> None:
    """Tell how many chunks were given vectors, and how many documents readers see since."""
    _count("chunks_embedded", chunks)
    _count("documents_activated", documents)


def record_repairs(repairs: Mapping[str, int]) -> None:
    """Tell what a run of the repair did, each under its own name."""
    for name, count in repairs.items():
        _count(name, count)


def _record_degraded(parts: Iterable[str]) -> None:
    for part in parts:
        _count(f"degraded_{part}")


def _count(name: str, value: int = 1) -> None:
    metrics.add_metric(name, MetricUnit.Count, value)
