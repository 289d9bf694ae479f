"""Schedule: repairs ingestion that stopped and removes what left service."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.runtime.container import Container
from graphwell.runtime.observability import logger, metrics

container = Container()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Return what was repaired."""
    repairs: dict[str, int] = asdict(container.reconcile()) | asdict(container.tidy_jobs())
    for name, count in repairs.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    if any(repairs.values()):
        logger.info("repaired", extra=repairs)
    return repairs
