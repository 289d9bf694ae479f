"""Schedule: repairs ingestion that stopped, removes what left service, goes on with erases, declared keys and moves."""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded
from graphwell.domain.origin import Origin
from graphwell.runtime.container import Container
from graphwell.runtime.invocation import batch_deadline
from graphwell.runtime.measures import record_repairs
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.traced import traced
from graphwell.usecases.run_repairs import run_repairs

container = Container()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Return what was repaired; a run ends by itself before Lambda ends it, and the next one goes on."""
    deadline = batch_deadline(context)
    with traced(container.tracer, "reconcile", Origin(context.aws_request_id)), deadline.held():
        repairs, failures = run_repairs(
            [
                lambda: asdict(container.reconcile()),
                lambda: asdict(container.tidy_jobs()),
                lambda: {"erased_tenants": container.continue_erases(deadline)},
                lambda: {"keyed_tenants": container.apply_metadata_keys(deadline)},
                lambda: reembed(deadline),
            ]
        )
    record_repairs(repairs)
    if any(repairs.values()):
        logger.info("repaired", extra=repairs)
    if failures:
        raise ExceptionGroup("repairs that the next run tries again", failures)
    return repairs


def reembed(deadline: Deadline) -> dict[str, int]:
    """Go on with a move to another model; it takes many runs."""
    with suppress(DeadlineExceeded):
        return {"reembedded_chunks": container.reembed(deadline)}
    return {}
