"""Word of the agent's runs on SQS: references only, so no question lies in a queue."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from graphwell.adapters.aws_errors import unavailable_as
from graphwell.domain.agent.jobs import AgentTask
from graphwell.domain.errors import InvalidInput
from graphwell.domain.origin import Origin
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsAgentQueue:
    """The `AgentQueue` port over one queue.

    Parameters:
        client: boto3 client of SQS.
        queue_url: address of the queue.
    """

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, task: AgentTask) -> None:
        """Say that a run waits; see the port. Its group makes the queue fair between tenants."""
        with unavailable_as("The queue of the agent's runs does not answer; try again shortly."):
            self._client.send_message(
                QueueUrl=self._queue_url, MessageBody=encode_task(task), MessageGroupId=task.scope.tenant_id
            )


def encode_task(task: AgentTask) -> str:
    """Return the message body of a task."""
    fields = {"tenant_id": task.scope.tenant_id, "job_id": task.job_id}
    return json.dumps(fields | ({"origin": asdict(task.origin)} if task.origin else {}))


def decode_task(body: str) -> AgentTask:
    """Return the task of a message body.

    Raises:
        ValueError: the body is not one that `encode_task` made.
    """
    fields: Any = json.loads(body)
    try:
        match fields:
            case {
                "tenant_id": str(tenant_id),
                "job_id": str(job_id),
                "origin": {"correlation_id": id_, "trace": trace},
            }:
                return AgentTask(TenantScope(tenant_id), job_id, Origin(str(id_), str(trace)))
            case {"tenant_id": str(tenant_id), "job_id": str(job_id)}:
                return AgentTask(TenantScope(tenant_id), job_id)
    except InvalidInput as error:
        raise ValueError("An agent message's tenant_id is no tenant's.") from error
    raise ValueError("An agent message holds a tenant_id and a job_id.")
