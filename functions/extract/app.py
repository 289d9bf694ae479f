"""SQS: takes in the files whose arrival S3 reports."""

import json
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.adapters.s3_upload_store import parse_upload_key
from graphwell.domain.errors import Conflict, NotFound
from graphwell.domain.origin import Origin
from graphwell.runtime.container import Container
from graphwell.runtime.invocation import batch_deadline
from graphwell.runtime.last_try import last_try
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.traced import traced

container = Container()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def extract(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Take in each file of one notification; S3's test notification names none."""
    deadline = batch_deadline(lambda_context)
    receives = int(record.attributes.approximate_receive_count)
    with container.extract_lease.held(record.receipt_handle, receives):
        for entry in json.loads(record.body).get("Records", []):
            scope, job_id = parse_upload_key(unquote_plus(entry["s3"]["object"]["key"]))
            give_up = partial(container.of(scope).jobs.fail_upload, scope, job_id)
            origin = Origin(lambda_context.aws_request_id)
            try:
                with (
                    traced(container.tracer, "extract", origin, tenant=scope.tenant_id),
                    last_try(receives, give_up),
                    deadline.held(),
                ):
                    container.of(scope).extract_upload(scope, job_id, datetime.fromisoformat(entry["eventTime"]))
            except (NotFound, Conflict):  # taken in by an earlier delivery of the same notification, or cancelled
                logger.info("upload already gone", extra={"tenant": scope.tenant_id, "job_id": job_id})


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Return the messages that failed; the others leave the queue."""
    return process_partial_response(event=event, record_handler=extract, processor=processor, context=context)
