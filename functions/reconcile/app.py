"""Schedule: repairs ingestion that stopped, removes what left service, goes on with erases, declared keys and moves."""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded
from graphwell.runtime.container import Container
from graphwell.runtime.observability import logger, metrics

MARGIN_S = 5.0
"""Kept back so that a run ends by itself; the next one goes on."""

container = Container()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Return what was repaired."""
    repairs: dict[str, int] = asdict(container.reconcile()) | asdict(container.tidy_jobs())
    deadline = Deadline.after(context.get_remaining_time_in_millis() / 1000 - MARGIN_S)
    repairs["erased_tenants"] = container.continue_erases(deadline)
    repairs["keyed_tenants"] = container.apply_metadata_keys(deadline)
    with suppress(DeadlineExceeded):  # a move takes many runs
        repairs["reembedded_chunks"] = container.reembed(deadline)
    for name, count in repairs.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    if any(repairs.values()):
        logger.info("repaired", extra=repairs)
    return repairs
