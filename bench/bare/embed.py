"""A message of the embed queue whose chunks are gone: one read."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bench.bare.servers import open_neo4j

logger = Logger()
metrics = Metrics(namespace="bare")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def embed(record: SQSRecord) -> None:
    """Read the chunks."""
    task = json.loads(record.body)
    with open_neo4j().session() as session:
        session.run(
            "UNWIND $chunk_ids AS id MATCH (c:Chunk {tenant_id: $tenant_id, id: id}) RETURN c.text", task
        ).data()


def handler(event: dict[str, Any], context: Any) -> Any:
    """Return the messages that failed."""
    return process_partial_response(event=event, record_handler=embed, processor=processor, context=context)
