"""Schedule: repairs ingestion that stopped, removes what left service, goes on with erases, declared keys and moves."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable
from graphwell.domain.origin import Origin
from graphwell.runtime.container import Container
from graphwell.runtime.invocation import batch_deadline
from graphwell.runtime.measures import record_repairs
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.shard import Shard
from graphwell.runtime.traced import traced
from graphwell.usecases.run_repairs import run_repairs

container = Container()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Return what was repaired; a run ends by itself before Lambda ends it, and the next one goes on.

    Raises:
        ExceptionGroup: repairs that failed, other than for a part that is away.
    """
    deadline = batch_deadline(context)
    repairs: Counter[str] = Counter()
    failures: list[Exception] = []
    with traced(container.tracer, "reconcile", Origin(context.aws_request_id)):
        for shard, until in shares(deadline):
            with until.held():
                done, failed = run_repairs(repairs_of(shard, until))
            repairs.update(done)
            failures += failed
    record_repairs(repairs)
    if any(repairs.values()):
        logger.info("repaired", extra=repairs)
    broken = [failure for failure in failures if not isinstance(failure, Unavailable)]
    for failure in failures:
        if isinstance(failure, Unavailable):  # it has an alarm of its own; this function did what it could
            logger.warning("left to the next run", extra={"reason": failure.detail})
    if broken:
        raise ExceptionGroup("repairs that the next run tries again", broken)
    return dict(repairs)


def shares(deadline: Deadline) -> list[tuple[Shard, Deadline]]:
    """Return each database with the end of its share of the time: one that is away, or has much to do, leaves the
    others theirs."""
    shards = list(container.shards.values())
    share_s = deadline.remaining_s() / len(shards)
    return [(shard, deadline.within(number * share_s)) for number, shard in enumerate(shards, start=1)]


def repairs_of(shard: Shard, deadline: Deadline) -> list[Callable[[], Mapping[str, int]]]:
    """Return the repairs of one database."""
    return [
        lambda: asdict(shard.reconcile()),
        lambda: asdict(shard.tidy_jobs()),
        lambda: {"erased_tenants": shard.continue_erases(deadline)},
        lambda: {"keyed_tenants": shard.apply_metadata_keys(deadline)},
        lambda: {"read_anew_chunks": shard.fill_graph(deadline)},
        lambda: reembed(shard, deadline),
    ]


def reembed(shard: Shard, deadline: Deadline) -> dict[str, int]:
    """Go on with a move to another model; it takes many runs."""
    with suppress(DeadlineExceeded):
        return {"reembedded_chunks": shard.reembed(deadline)}
    return {}
