"""The REST API of the template: routes, authorizer, throttle, and errors of its own."""

import json
import re
from typing import Any

import pytest

from graphwell.runtime.reply_headers import SECURITY_HEADERS

Resources = dict[str, dict[str, Any]]
ROUTES = {
    ("POST", "/v1/search", "QueryFunction"),
    ("POST", "/v1/query", "QueryFunction"),
    ("POST", "/v1/query/stream", "StreamFunction"),
    ("POST", "/v1/agent", "QueryFunction"),
    ("POST", "/v1/debug/search", "QueryFunction"),
    ("GET", "/v1/graph/entities", "QueryFunction"),
    ("GET", "/v1/graph/entities/{id}", "QueryFunction"),
    ("POST", "/v1/documents", "IngestFunction"),
    ("GET", "/v1/documents", "IngestFunction"),
    ("GET", "/v1/documents/{id}", "IngestFunction"),
    ("DELETE", "/v1/documents/{id}", "IngestFunction"),
    ("GET", "/v1/documents/{id}/chunks", "IngestFunction"),
    ("POST", "/v1/uploads", "IngestFunction"),
    ("GET", "/v1/jobs", "IngestFunction"),
    ("GET", "/v1/jobs/{id}", "IngestFunction"),
    ("POST", "/v1/jobs/{id}/retry", "IngestFunction"),
    ("POST", "/v1/jobs/{id}/cancel", "IngestFunction"),
    ("GET", "/v1/tenants/{id}", "IngestFunction"),
    ("PUT", "/v1/tenants/{id}", "IngestFunction"),
    ("DELETE", "/v1/tenants/{id}", "IngestFunction"),
    ("GET", "/v1/tenants/{id}/stats", "IngestFunction"),
    ("GET", "/v1/health", "HealthFunction"),
    ("GET", "/v1/health/ready", "HealthFunction"),
}
RESPONSE_TYPES = {
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
}


@pytest.fixture(scope="module")
def api(resources: Resources) -> dict[str, Any]:
    return dict(resources["Api"]["Properties"])


def test_routes_are_those_of_the_design(functions: Resources) -> None:
    events = [
        (event["Properties"], name)
        for name, function in functions.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api"
    ]
    assert {(props["Method"], props["Path"], name) for props, name in events} == ROUTES
    assert all(props["RestApiId"] == {"Ref": "Api"} for props, _ in events)


def test_the_one_route_that_streams_is_passed_on_while_it_is_made(functions: Resources) -> None:
    modes = {
        event["Properties"]["Path"]: event["Properties"]["ResponseTransferMode"]
        for function in functions.values()
        for event in function.get("Events", {}).values()
        if "ResponseTransferMode" in event["Properties"]
    }
    assert modes == {"/v1/query/stream": "RESPONSE_STREAM"}


def test_only_health_is_public(functions: Resources) -> None:
    public = {
        event["Properties"]["Path"]
        for function in functions.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api" and "Auth" in event["Properties"]
    }
    assert public == {"/v1/health", "/v1/health/ready"}
    for event in functions["HealthFunction"]["Events"].values():
        assert event["Properties"]["Auth"] == {"Authorizer": "NONE"}


def test_the_authorizer_is_cached_by_token_alone(api: dict[str, Any]) -> None:
    authorizer = api["Auth"]["Authorizers"][api["Auth"]["DefaultAuthorizer"]]
    assert authorizer["FunctionPayloadType"] == "TOKEN"
    assert authorizer["Identity"]["Header"] == "Authorization"
    assert authorizer["Identity"]["ReauthorizeEvery"] == {"Ref": "AuthorizerTtlSeconds"}


def test_the_stage_is_throttled_and_has_a_usage_plan(api: dict[str, Any], resources: Resources) -> None:
    setting, *answers = api["MethodSettings"]
    assert (setting["ResourcePath"], setting["HttpMethod"]) == ("/*", "*")
    assert [each["ResourcePath"] for each in answers] == ["/~1v1~1query", "/~1v1~1query~1stream", "/~1v1~1agent"]
    for answer in answers:
        assert answer["HttpMethod"] == "POST"
        assert answer["ThrottlingRateLimit"] == {"Ref": "AnswerThrottleRate"}
        assert answer["ThrottlingBurstLimit"] == {"Ref": "AnswerThrottleBurst"}
        assert answer["DataTraceEnabled"] is False
    assert setting["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}
    assert setting["ThrottlingBurstLimit"] == {"Ref": "ThrottleBurst"}
    assert setting["DataTraceEnabled"] is False
    (stage,) = resources["ApiUsagePlan"]["Properties"]["ApiStages"]
    assert stage == {"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Api.Stage"}}


def test_the_access_log_is_json_with_the_request_id_and_neither_headers_nor_bodies(api: dict[str, Any]) -> None:
    logged = json.loads(api["AccessLogSetting"]["Format"])
    assert logged["request_id"] == "$context.requestId"
    assert all(value.startswith("$context.") for value in logged.values())
    assert not any("header" in value or "body" in value for value in logged.values())


def test_bodies_are_text(api: dict[str, Any]) -> None:
    assert "BinaryMediaTypes" not in api


def test_every_kind_of_gateway_error_is_worded(api: dict[str, Any]) -> None:
    assert set(api["GatewayResponses"]) == RESPONSE_TYPES


@pytest.mark.parametrize("kind", sorted(RESPONSE_TYPES))
def test_gateway_errors_are_problems(api: dict[str, Any], kind: str) -> None:
    response = api["GatewayResponses"][kind]
    problem = json.loads(response["ResponseTemplates"]["application/json"])
    assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert problem["status"] == response["StatusCode"]
    assert problem["request_id"] == "$context.requestId"
    assert problem["detail"].endswith(".")
    headers = response["ResponseParameters"]["Headers"]
    assert headers["Content-Type"] == "'application/problem+json'"
    assert headers["X-Request-Id"] == "context.requestId"
    closed = {name: headers[name].strip("'") for name in SECURITY_HEADERS}
    # No value of the gateway's can hold the quotes of 'none'; a sandbox without exceptions allows as little.
    assert closed == {**SECURITY_HEADERS, "Content-Security-Policy": "sandbox"}


@pytest.mark.parametrize("kind", ["THROTTLED", "AUTHORIZER_FAILURE", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"])
def test_errors_that_pass_say_when_to_come_back(api: dict[str, Any], kind: str) -> None:
    assert "Retry-After" in api["GatewayResponses"][kind]["ResponseParameters"]["Headers"]


def test_an_unknown_route_is_404_and_a_missing_token_401(api: dict[str, Any]) -> None:
    assert api["GatewayResponses"]["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == 404
    unauthorized = api["GatewayResponses"]["UNAUTHORIZED"]
    assert unauthorized["StatusCode"] == 401
    assert unauthorized["ResponseParameters"]["Headers"]["WWW-Authenticate"] == "'Bearer'"


def test_preflights_are_answered_for_one_origin_that_is_nobodys_by_default(template: dict[str, Any]) -> None:
    cors = template["Resources"]["Api"]["Properties"]["Cors"]
    assert cors["AllowOrigin"] == {"Fn::Sub": "'${AllowedOrigin}'"}
    assert "AllowCredentials" not in cors
    assert set(cors["AllowMethods"].strip("'").split(",")) == {method for method, _, _ in ROUTES} | {"OPTIONS"}
    assert template["Parameters"]["AllowedOrigin"]["Default"].endswith(".invalid")
    assert template["Resources"]["Api"]["Properties"]["Auth"]["AddDefaultAuthorizerToCorsPreflight"] is False


@pytest.mark.parametrize(
    ("origin", "is_one"),
    [
        ("https://app.example.com", True),
        ("https://app.example.com:8443", True),
        ("http://localhost:5173", True),
        ("http://app.example.com", False),
        ("https://app.example.com/", False),
        ("https://a.example,https://b.example", False),
        ("*", False),
        ("null", False),
    ],
)
def test_an_allowed_origin_is_one_secure_origin(template: dict[str, Any], origin: str, is_one: bool) -> None:
    pattern = template["Parameters"]["AllowedOrigin"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, origin)) is is_one
