"""Events have the documented shape of a REST proxy integration; replies are mapped or refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.gateway.proxy_event import HttpReply, MalformedReply, proxy_event, proxy_reply
from devstack.gateway.references import Account
from tests.unit.devstack.gateway.http_samples import API, OPEN, request

DOCUMENTED_KEYS = {
    "resource",
    "path",
    "httpMethod",
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "pathParameters",
    "stageVariables",
    "requestContext",
    "body",
    "isBase64Encoded",
}


def _event(**changes: Any) -> dict[str, Any]:
    return proxy_event(
        request(**changes), OPEN, {"name": "ann"}, api=API, account=Account(), authorizer={"principalId": "u"}
    )


def _reply(document: Any, **changes: Any) -> HttpReply:
    return proxy_reply(json.dumps(document).encode(), request(**changes), API)


def test_an_event_has_exactly_the_documented_keys() -> None:
    assert set(_event()) == DOCUMENTED_KEYS


def test_absent_parts_are_null() -> None:
    event = _event()

    assert event["queryStringParameters"] is None
    assert event["multiValueQueryStringParameters"] is None
    assert event["stageVariables"] is None
    assert event["body"] is None


def test_the_request_context() -> None:
    sent = request()
    context = proxy_event(sent, OPEN, {}, api=API, account=Account(), authorizer={"tenant_id": "t"})["requestContext"]

    assert context["requestId"] == sent.request_id
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userAgent"] == "test"
    assert context["authorizer"] == {"tenant_id": "t"}
    assert (context["stage"], context["path"], context["resourcePath"]) == ("toy", "/toy/v1/open/ann", OPEN.resource)
    assert (context["httpMethod"], context["protocol"], context["apiId"]) == ("GET", "HTTP/1.1", "api")
    assert context["requestTimeEpoch"] == sent.time_ns // 1_000_000


def test_a_public_route_has_no_authorizer_context() -> None:
    event = proxy_event(request(), OPEN, {}, api=API, account=Account(), authorizer=None)

    assert "authorizer" not in event["requestContext"]


def test_the_last_of_several_values_wins_and_all_are_listed() -> None:
    event = _event(query_string="a=1&b=&a=%C3%A9+x", headers=[("host", "h"), ("x-a", "1"), ("x-a", "2")])

    assert event["queryStringParameters"] == {"a": "é x", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "é x"], "b": [""]}
    assert event["headers"]["x-a"] == "2"
    assert event["multiValueHeaders"]["x-a"] == ["1", "2"]


def test_the_path_stays_percent_encoded() -> None:
    event = proxy_event(
        request(path="/v1/open/a%2Fb"), OPEN, {"name": "a%2Fb"}, api=API, account=Account(), authorizer=None
    )

    assert event["path"] == "/v1/open/a%2Fb"
    assert event["pathParameters"] == {"name": "a%2Fb"}


def test_forwarding_headers_are_added() -> None:
    headers = _event(headers=[("host", "localhost:8787"), ("x-forwarded-for", "10.0.0.1")])["headers"]

    assert headers["x-forwarded-for"] == "10.0.0.1, 127.0.0.1"
    assert headers["x-forwarded-port"] == "8787"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-amzn-trace-id"].startswith("Root=1-")


def test_a_binary_body_is_base64_and_a_text_body_is_not() -> None:
    binary = _event(body=b"\x89PNG", headers=[("content-type", "image/png")])
    text = _event(body="é".encode(), headers=[("content-type", "application/json")])

    assert (base64.b64decode(binary["body"]), binary["isBase64Encoded"]) == (b"\x89PNG", True)
    assert (text["body"], text["isBase64Encoded"]) == ("é", False)


@given(st.binary(max_size=50))
def test_any_body_makes_an_event_that_is_json(body: bytes) -> None:
    assert json.loads(json.dumps(_event(body=body)))["body"] == (body.decode("utf-8", "replace") or None)


def test_a_reply_is_mapped() -> None:
    reply = _reply(
        {"statusCode": 201, "headers": {"X-One": 1, "X-Two": "lost"}, "multiValueHeaders": {"x-two": ["a", "b"]}}
    )

    assert reply.status == 201
    assert reply.headers == [("x-one", "1"), ("x-two", "a"), ("x-two", "b"), ("content-type", "application/json")]
    assert reply.body == b""


def test_base64_is_decoded_only_for_a_client_that_accepts_a_binary_type() -> None:
    document = {"statusCode": 200, "body": base64.b64encode(b"\x89").decode(), "isBase64Encoded": True}

    assert _reply(document, headers=[("accept", "image/png,*/*")]).body == b"\x89"
    assert _reply(document, headers=[("accept", "text/html")]).body == b"iQ=="


@pytest.mark.parametrize(
    "document",
    [
        None,
        "text",
        [],
        {},
        {"statusCode": None},
        {"statusCode": "abc"},
        {"statusCode": 99},
        {"statusCode": 1000},
        {"statusCode": True},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": {}}},
        {"statusCode": 200, "headers": {"a": "x\r\nset-cookie: y"}},
        {"statusCode": 200, "multiValueHeaders": {"a": "x"}},
    ],
)
def test_a_malformed_reply_is_refused(document: Any) -> None:
    with pytest.raises(MalformedReply):
        _reply(document)


def test_a_reply_that_is_not_json_is_refused() -> None:
    with pytest.raises(MalformedReply):
        proxy_reply(b"{", request(), API)


def test_a_lone_surrogate_in_a_body_does_not_break_the_reply() -> None:
    assert _reply({"statusCode": 200, "body": "a\ud800b"}).body == b"a?b"
