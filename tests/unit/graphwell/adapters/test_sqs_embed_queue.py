"""Embed tasks as messages."""

from __future__ import annotations

import json
import uuid
from typing import Any, cast

import pytest

from graphwell.adapters.sqs_embed_queue import LONGEST_CALL_S, SqsEmbedQueue, decode_task, encode_task
from graphwell.domain.deadline import Deadline
from graphwell.domain.embed_batches import TOKENS_A_BATCH, TOKENS_A_CHUNK
from graphwell.domain.errors import Unavailable
from graphwell.domain.origin import Origin
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask
from tests.fakes.clock import FakeMonotonic

LARGEST_MESSAGE_BYTES = 256 * 1024
MESSAGES_A_CALL = 10


def test_a_task_is_read_back_as_it_was_sent() -> None:
    for task_id in (None, "0123-000001"):
        for origin in (None, Origin("request"), Origin("request", "00-trace-span-01")):
            task = EmbedTask(TenantScope("acme"), ("a~1~0", "a~1~1"), task_id, origin)
            assert decode_task(encode_task(task)) == task


@pytest.mark.parametrize("origin", [None, "request", 7, {}, {"correlation_id": 7, "trace": ""}, {"trace": "x"}])
def test_an_origin_of_another_form_is_none(origin: object) -> None:
    task = decode_task(json.dumps({"tenant_id": "acme", "chunk_ids": ["a~1~0"], "origin": origin}))
    assert task == EmbedTask(TenantScope("acme"), ("a~1~0",))


def test_ten_of_the_largest_messages_fit_in_one_call() -> None:
    most = TOKENS_A_BATCH // TOKENS_A_CHUNK + 1
    chunk_ids = tuple(f"{'d' * 200}~{10**6}~{number}" for number in range(10_000, 10_000 + most))
    origin = Origin(f"{uuid.uuid4()}", "Root=1-5e645f3e-1dfad076a177c5ccc5de12f5;Parent=53995c3f42cd8ad8;Sampled=1")
    largest = EmbedTask(TenantScope("t" * 64), chunk_ids, f"{uuid.uuid4().hex}-000000", origin)
    assert len(encode_task(largest)) * MESSAGES_A_CALL < LARGEST_MESSAGE_BYTES


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "7",
        "null",
        "{}",
        json.dumps({"tenant_id": "acme"}),
        json.dumps({"chunk_ids": []}),
        json.dumps({"tenant_id": "", "chunk_ids": []}),
        json.dumps({"tenant_id": "a/b", "chunk_ids": []}),
        json.dumps({"tenant_id": 7, "chunk_ids": []}),
        json.dumps({"tenant_id": "acme", "chunk_ids": "a~1~0"}),
        json.dumps({"tenant_id": "acme", "chunk_ids": [7]}),
        json.dumps({"tenant_id": "acme", "chunk_ids": None}),
        json.dumps({"tenant_id": "acme", "chunk_ids": [], "task_id": 7}),
    ],
)
def test_another_message_is_refused(body: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json's own error is one too
        decode_task(body)


class FakeSqs:
    """Takes every batch; `taken` counts them, `entries` are the messages of the last."""

    def __init__(self) -> None:
        self.taken = 0
        self.entries: list[dict[str, Any]] = []

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        self.taken += 1
        self.entries = Entries
        return {}


@pytest.mark.parametrize(
    ("trace", "header"),
    [("Root=1-0;Parent=1;Sampled=1", "Root=1-0;Parent=1;Sampled=1"), ("00-trace-span-01", None), ("", None)],
)
def test_a_trace_of_x_ray_goes_as_the_header_by_which_lambda_links_traces(trace: str, header: str | None) -> None:
    sqs = FakeSqs()
    queue = SqsEmbedQueue(cast(Any, sqs), "https://queue.test")
    queue.send([EmbedTask(TenantScope("acme"), ("a~1~0",), "1", Origin("request", trace))])
    attributes = sqs.entries[0].get("MessageSystemAttributes")
    assert attributes == (header and {"AWSTraceHeader": {"DataType": "String", "StringValue": header}})


def test_work_is_left_to_the_reconciler_when_a_queue_that_is_away_would_hold_up_the_caller() -> None:
    clock, sqs = FakeMonotonic(), FakeSqs()
    queue = SqsEmbedQueue(cast(Any, sqs), "https://queue.test")
    task = EmbedTask(TenantScope("acme"), ("a~1~0",), "1")
    with Deadline.after(LONGEST_CALL_S + 1, clock).held():
        queue.send([task])
    with Deadline.after(LONGEST_CALL_S - 1, clock).held(), pytest.raises(Unavailable):
        queue.send([task])
    assert sqs.taken == 1
