"""What the authorizer tells API Gateway, and what the handlers read back from it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fastapi import Request

from graphwell.domain.errors import Unauthenticated
from graphwell.domain.identity import Principal, Role
from graphwell.http.request_context import principal
from graphwell.runtime.gateway_policy import allow_stage, bearer_token

CALLER = Principal(
    "user-1",
    "acme",
    frozenset({Role.EDITOR, Role.READER}),
    datetime(2100, 1, 1, tzinfo=UTC),
    {"branch": Role.ADMIN},
)
ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/POST/v1/documents/a"


def test_the_policy_lets_in_to_the_whole_stage_and_no_other() -> None:
    (statement,) = allow_stage(CALLER, ARN)["policyDocument"]["Statement"]
    assert statement == {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/*/*",
    }


def test_the_context_holds_text_alone() -> None:
    assert all(isinstance(value, str) for value in allow_stage(CALLER, ARN)["context"].values())


def test_the_handlers_read_back_the_same_caller() -> None:
    context = allow_stage(CALLER, ARN)["context"]
    request = Request({"type": "http", "aws.event": {"requestContext": {"authorizer": context}}})
    assert principal(request) == CALLER


@pytest.mark.parametrize("header", ["Bearer abc.def.ghi", "bearer abc.def.ghi", "BEARER abc.def.ghi"])
def test_the_token_follows_the_scheme(header: str) -> None:
    assert bearer_token(header) == "abc.def.ghi"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "abc", "Basic abc", "Bearer a b", "Bearer  a", " Bearer"])
def test_another_header_is_refused_with_the_form(header: str) -> None:
    with pytest.raises(Unauthenticated, match="Bearer <ID token>"):
        bearer_token(header)
