"""Moving dead letters back on the real SQS server."""

from __future__ import annotations

import json
import uuid

from devstack.dead_letters import move_back
from devstack.gateway.local_aws import LocalAws
from devstack.testing import RunningServices


def test_dead_letters_go_back_to_the_queue_they_came_from(services: RunningServices) -> None:
    sqs = LocalAws(services.endpoints).sqs()
    name = uuid.uuid4().hex
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    live = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    for number in range(3):
        sqs.send_message(QueueUrl=live, MessageBody=str(number))
    for _ in range(6):  # the second receive of a message makes it a dead letter
        sqs.receive_message(QueueUrl=live, MaxNumberOfMessages=10, VisibilityTimeout=0)
    dead_letters = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert dead_letters["ApproximateNumberOfMessages"] == "3"

    move_back(dead, None)
    bodies = set()
    while messages := sqs.receive_message(QueueUrl=live, MaxNumberOfMessages=10).get("Messages"):
        bodies |= {message["Body"] for message in messages}
    assert bodies == {"0", "1", "2"}
