"""SQS: works on the agent's runs that take longer than a request."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.adapters.sqs_agent_queue import decode_task
from graphwell.domain.origin import Origin
from graphwell.runtime.container import Container
from graphwell.runtime.invocation import batch_deadline
from graphwell.runtime.measures import record_agent, record_answer
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.traced import traced

container = Container()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def work(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Work on one run; raising gives the message back to the queue. The run counts its tries itself."""
    deadline = batch_deadline(lambda_context)
    task = decode_task(record.body)
    receives = int(record.attributes.approximate_receive_count)
    origin = task.origin or Origin(lambda_context.aws_request_id)
    with (
        traced(container.tracer, "agent", origin, tenant=task.scope.tenant_id),
        container.agent_lease.held(record.receipt_handle, receives),
        deadline.held(),
    ):
        answer = container.of(task.scope).work_agent_job(task, deadline)
    told = {"tenant": task.scope.tenant_id, "job_id": task.job_id}
    if answer is None:
        logger.info("run without an answer", extra=told)
        return
    record_agent(answer.steps, answer.stopped)
    record_answer(None, grounded=answer.content.answer.grounded, degraded=answer.degraded)
    logger.info("run finished", extra={**told, "steps": len(answer.steps), "stopped": answer.stopped})


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Return the messages that failed; the others leave the queue."""
    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
