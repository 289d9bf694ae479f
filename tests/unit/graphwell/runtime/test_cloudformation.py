"""Answering CloudFormation."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.domain.errors import IncompatibleIndex
from graphwell.runtime.cloudformation import answering_cloudformation

EVENT = {
    "RequestType": "Create",
    "ResponseURL": "https://cloudformation.example/signed?x=1",
    "StackId": "stack",
    "RequestId": "request",
    "LogicalResourceId": "Migration",
}


class FakeContext:
    """What Lambda says about an invocation."""

    log_stream_name = "2026/01/01/[1]abc"


class Receiver:
    """Keeps what is sent to an address."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, url: str, body: bytes) -> None:
        """Keep one answer."""
        self.sent.append((url, json.loads(body)))


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


def run(receiver: Receiver, event: dict[str, Any], error: Exception | None = None) -> dict[str, str]:
    """Run a handler that returns the embedding model, or fails."""

    def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, str]:
        if error is not None:
            raise error
        return {"embedding_model": "model"}

    return answering_cloudformation(handler, put=receiver)(event, cast(LambdaContext, FakeContext()))


def test_success_is_answered_with_the_data(receiver: Receiver) -> None:
    assert run(receiver, EVENT) == {"embedding_model": "model"}
    ((url, answer),) = receiver.sent
    assert url == EVENT["ResponseURL"]
    assert answer == {
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": "2026/01/01/[1]abc",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Migration",
        "Data": {"embedding_model": "model"},
    }


def test_an_update_keeps_the_resources_id(receiver: Receiver) -> None:
    run(receiver, {**EVENT, "RequestType": "Update", "PhysicalResourceId": "kept"})
    assert receiver.sent[0][1]["PhysicalResourceId"] == "kept"


def test_an_error_with_a_meaning_is_answered_with_its_sentence_and_raised(receiver: Receiver) -> None:
    with pytest.raises(IncompatibleIndex):
        run(receiver, EVENT, IncompatibleIndex("Configure the stored model."))
    ((_, answer),) = receiver.sent
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "Configure the stored model.")


def test_any_other_error_is_answered_by_its_kind_alone(receiver: Receiver) -> None:
    with pytest.raises(ValueError, match="secret"):
        run(receiver, EVENT, ValueError("secret"))
    ((_, answer),) = receiver.sent
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "ValueError; see the log.")


def test_a_run_by_hand_answers_nobody(receiver: Receiver) -> None:
    assert run(receiver, {"RequestType": "Create"}) == {"embedding_model": "model"}
    assert receiver.sent == []


def test_an_answer_goes_to_an_https_address_alone(receiver: Receiver) -> None:
    with pytest.raises(ValueError, match="https"):
        run(receiver, {**EVENT, "ResponseURL": "file:///etc/passwd"})
    assert receiver.sent == []
