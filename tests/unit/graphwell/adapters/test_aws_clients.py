"""How long AWS is waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from graphwell.adapters.aws_clients import dynamodb_client, s3_client, secrets_provider, sqs_client
from graphwell.runtime.invocation import GATEWAY_LIMIT_S, REPLY_MARGIN_S


@pytest.mark.parametrize("made", [sqs_client, dynamodb_client, s3_client, lambda: secrets_provider().client])
def test_an_aws_service_that_is_silent_is_given_up_before_the_gateway_gives_up(
    made: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    config = made().meta.config
    longest_s = (config.connect_timeout + config.read_timeout) * config.retries["total_max_attempts"]
    assert longest_s < GATEWAY_LIMIT_S - REPLY_MARGIN_S
