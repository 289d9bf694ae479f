"""The sample events: each function has one, and each has the shape that Lambda gets."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from graphwell.adapters.sqs_agent_queue import decode_task as decode_run
from graphwell.adapters.sqs_embed_queue import decode_task

API_EVENTS = {
    "query_search.json": ("QueryFunction", "POST", "/v1/search"),
    "query_query.json": ("QueryFunction", "POST", "/v1/query"),
    "query_agent.json": ("QueryFunction", "POST", "/v1/agent"),
    "stream.json": ("StreamFunction", "POST", "/v1/query/stream"),
    "ingest_documents.json": ("IngestFunction", "POST", "/v1/documents"),
    "ingest_upload.json": ("IngestFunction", "POST", "/v1/uploads"),
    "ingest_jobs.json": ("IngestFunction", "GET", "/v1/jobs"),
    "ingest_retry.json": ("IngestFunction", "POST", "/v1/jobs/{id}/retry"),
    "ingest_cancel.json": ("IngestFunction", "POST", "/v1/jobs/{id}/cancel"),
    "health.json": ("HealthFunction", "GET", "/v1/health"),
    "health_ready.json": ("HealthFunction", "GET", "/v1/health/ready"),
}
OTHER_EVENTS = {
    "authorizer.json": "AuthorizerFunction",
    "embed.json": "EmbedFunction",
    "extract.json": "ExtractFunction",
    "agent.json": "AgentFunction",
    "reconcile.json": "ReconcileFunction",
    "migrate.json": "MigrateFunction",
}
PUBLIC = {"health.json", "health_ready.json"}


def load(root: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((root / "events" / name).read_text("utf-8")))


def test_every_function_has_an_event(root: Path, functions: dict[str, Any]) -> None:
    covered = {function for function, _, _ in API_EVENTS.values()} | set(OTHER_EVENTS.values())
    assert covered == set(functions)
    assert {path.name for path in (root / "events").iterdir()} == {*API_EVENTS, *OTHER_EVENTS}


@pytest.mark.parametrize("name", API_EVENTS)
def test_api_events_reach_a_route_of_their_function(root: Path, functions: dict[str, Any], name: str) -> None:
    function, method, path = API_EVENTS[name]
    event = load(root, name)
    assert (event["httpMethod"], event["resource"]) == (method, path)
    assert event["path"] == path.format(**(event["pathParameters"] or {}))
    assert event["requestContext"]["resourcePath"] == path
    routes = [event["Properties"] for event in functions[function]["Events"].values()]
    assert (method, path) in {(route["Method"], route["Path"]) for route in routes}
    assert event["multiValueHeaders"] == {key: [value] for key, value in event["headers"].items()}
    assert event["body"] is None or isinstance(json.loads(event["body"]), dict)


@pytest.mark.parametrize("name", sorted(set(API_EVENTS) - PUBLIC))
def test_api_events_come_from_the_demo_tenant(root: Path, name: str) -> None:
    context = load(root, name)["requestContext"]["authorizer"]
    assert context["tenant_id"] == "demo"
    assert context["subject"] == context["principalId"]
    assert context["roles"].split() == ["reader", "editor", "admin"]
    assert json.loads(context["tenants"]) == {"demo": "admin"}
    assert int(context["exp"]) > time.time()
    assert all(isinstance(value, str | int) for value in context.values())


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_routes_have_no_principal(root: Path, name: str) -> None:
    assert "authorizer" not in load(root, name)["requestContext"]


def test_the_authorizer_gets_a_token(root: Path) -> None:
    event = load(root, "authorizer.json")
    assert event["type"] == "TOKEN"
    assert event["authorizationToken"].startswith("Bearer ")
    assert event["methodArn"].startswith("arn:aws:execute-api:")


def test_embed_gets_a_message_that_its_queue_would_carry(root: Path) -> None:
    (record,) = load(root, "embed.json")["Records"]
    assert record["eventSource"] == "aws:sqs"
    assert decode_task(record["body"]).scope.tenant_id == "demo"


def test_agent_gets_a_message_that_its_queue_would_carry(root: Path) -> None:
    (record,) = load(root, "agent.json")["Records"]
    assert record["eventSourceARN"].endswith(":AgentQueue")
    assert decode_run(record["body"]).scope.tenant_id == "demo"


def test_extract_gets_an_s3_event_in_a_message(root: Path) -> None:
    (record,) = load(root, "extract.json")["Records"]
    assert record["eventSource"] == "aws:sqs"
    (upload,) = json.loads(record["body"])["Records"]
    assert upload["eventName"].startswith("ObjectCreated:")
    assert upload["s3"]["object"]["key"].startswith("uploads/demo/")


def test_reconcile_gets_a_scheduled_event(root: Path) -> None:
    assert load(root, "reconcile.json")["detail-type"] == "Scheduled Event"


def test_migrate_gets_a_custom_resource_that_nobody_waits_for(root: Path) -> None:
    event = load(root, "migrate.json")
    assert (event["RequestType"], event["ResourceType"]) == ("Create", "Custom::SchemaMigration")
    assert "ResponseURL" not in event
