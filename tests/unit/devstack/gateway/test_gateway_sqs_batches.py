"""What of an SQS batch stays in the queue, by Lambda's rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.gateway.environments import InvokeResult
from devstack.gateway.sqs_batches import batch_event, failed_messages

BATCH = ["a", "b", "c"]


def _failed(reply: Any, *, reports: bool = True, error: str | None = None) -> set[str]:
    return failed_messages(InvokeResult(json.dumps(reply).encode(), error), BATCH, reports_failures=reports)


def test_a_message_becomes_a_record() -> None:
    message = {
        "MessageId": "1",
        "ReceiptHandle": "r",
        "Body": "text",
        "MD5OfBody": "md5",
        "Attributes": {"ApproximateReceiveCount": "2"},
        "MessageAttributes": {"kind": {"StringValue": "x", "DataType": "String"}},
    }

    assert json.loads(batch_event([message], "arn:queue", "us-east-1")) == {
        "Records": [
            {
                "messageId": "1",
                "receiptHandle": "r",
                "body": "text",
                "attributes": {"ApproximateReceiveCount": "2"},
                "messageAttributes": {
                    "kind": {"stringValue": "x", "dataType": "String", "stringListValues": [], "binaryListValues": []}
                },
                "md5OfBody": "md5",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:queue",
                "awsRegion": "us-east-1",
            }
        ]
    }


@pytest.mark.parametrize("reply", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_empty_report_is_success(reply: Any) -> None:
    assert _failed(reply) == set()


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "text",
        [1],
        {"batchItemFailures": "a"},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"identifier": "a"}]},
        {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "unknown"}]},
    ],
)
def test_a_report_that_cannot_be_read_fails_the_batch(reply: Any) -> None:
    assert _failed(reply) == set(BATCH)


def test_a_reply_that_is_not_json_fails_the_batch() -> None:
    assert failed_messages(InvokeResult(b"{"), BATCH, reports_failures=True) == set(BATCH)


def test_a_failed_invocation_fails_the_batch() -> None:
    assert _failed({"batchItemFailures": []}, error="Unhandled") == set(BATCH)


def test_without_partial_reports_the_reply_does_not_matter() -> None:
    assert _failed({"batchItemFailures": [{"itemIdentifier": "a"}]}, reports=False) == set()


@given(st.sets(st.sampled_from(BATCH)))
def test_exactly_the_named_messages_stay(named: set[str]) -> None:
    assert _failed({"batchItemFailures": [{"itemIdentifier": name} for name in named]}) == named
