"""SQS: embeds the chunks that each message names and activates the documents that are complete."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.adapters.sqs_embed_queue import decode_task
from graphwell.domain.origin import Origin
from graphwell.runtime.container import Container
from graphwell.runtime.invocation import batch_deadline
from graphwell.runtime.last_try import last_try
from graphwell.runtime.measures import record_embedded
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.traced import traced

container = Container()
# A fully failed batch is reported message by message like any other; raising would hide which of them are done.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def embed(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Embed one message's chunks; raising gives the message back to the queue, the last time to its dead letters."""
    deadline = batch_deadline(lambda_context)
    task = decode_task(record.body)
    receives = int(record.attributes.approximate_receive_count)
    origin = task.origin or Origin(lambda_context.aws_request_id)
    with (
        traced(container.tracer, "embed", origin, tenant=task.scope.tenant_id),
        container.embed_lease.held(record.receipt_handle, receives),
    ):
        with deadline.held():
            embed_chunks = container.of(task.scope).embed_chunks  # by what the graph says that the index holds
        # The last try is given up in the time that is kept back, when the deadline is held no more.
        with last_try(receives, partial(embed_chunks.give_up, task)), deadline.held():
            outcome = embed_chunks(task, deadline)
    record_embedded(outcome.embedded, outcome.activated)
    if outcome.left_beside:
        logger.warning("left to the re-embed", extra={"tenant": task.scope.tenant_id, "reason": outcome.left_beside})
    logger.info(
        "chunks embedded",
        extra={"tenant": task.scope.tenant_id, "embedded": outcome.embedded, "activated": outcome.activated},
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Return the messages that failed; the others leave the queue."""
    return process_partial_response(event=event, record_handler=embed, processor=processor, context=context)
