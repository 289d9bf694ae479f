"""Writes docs/openapi.json: all functions' routes in one document, with every status, role and header.

`python -m devstack.openapi [FILE]` prints or writes it. The functions never build it, so it costs no cold start.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from graphwell.domain.tenancy import TENANT_ID_PATTERN
from graphwell.http.access import TENANT_PARAMETER, required_role
from graphwell.http.agent_routes import agent_router
from graphwell.http.app import create_app
from graphwell.http.debug_routes import debug_router
from graphwell.http.document_routes import document_router
from graphwell.http.event_stream import EventStream
from graphwell.http.graph_routes import graph_router
from graphwell.http.health_routes import health_router
from graphwell.http.idempotency import HEADER as IDEMPOTENCY_HEADER
from graphwell.http.idempotency import KEY_PATTERN
from graphwell.http.job_routes import job_router
from graphwell.http.problems import MEDIA_TYPE, title_of
from graphwell.http.search_models import DeltaEvent, PassagesEvent, QueryReply
from graphwell.http.search_routes import search_router
from graphwell.http.stream_routes import stream_router
from graphwell.http.tenant_routes import tenant_router
from graphwell.runtime.container import Container

Json = dict[str, Any]

_GATEWAY_STATUSES = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_GUARDED_STATUSES = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
_BODY_STATUSES = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_MORE_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_PASSING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.CONFLICT}

_PROBLEM: Json = {
    "type": "object",
    "examples": [
        {
            "type": "urn:graphwell:problem:invalid-input",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "documents[2].text: The text is empty; send at least one visible character.",
            "request_id": "6ff5abf1-0601-49e9-b95c-bb7d6c83b12c",
            "errors": [
                {"field": "documents[2].text", "detail": "The text is empty; send at least one visible character."}
            ],
        }
    ],
    "description": "RFC 9457; docs/api.md lists the types.",
    "required": ["type", "title", "status", "detail", "request_id"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "pattern": "^urn:graphwell:problem:[a-z-]+$"},
        "title": {"type": "string", "minLength": 1},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "minLength": 1, "description": "What to change."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "maxItems": 20,
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "additionalProperties": False,
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}

_PROBLEM_CONTENT: Json = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}

_WHOLE_NUMBER: Json = {"type": "string", "pattern": "^[0-9]+$"}
_HEADERS: Json = {
    "X-Request-Id": {"description": "Id that logs share.", "schema": {"type": "string"}},
    "RateLimit-Limit": {"description": "Limit of the window with the least room.", "schema": _WHOLE_NUMBER},
    "RateLimit-Remaining": {"description": "Requests it still has room for.", "schema": _WHOLE_NUMBER},
    "RateLimit-Reset": {"description": "Seconds until it has room for one more.", "schema": _WHOLE_NUMBER},
    "RateLimit-Policy": {"description": "Every window, as limit;w=seconds.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": _WHOLE_NUMBER},
}

_EVENTS: dict[str, type[BaseModel]] = {"passages": PassagesEvent, "delta": DeltaEvent, "answer": QueryReply}
"""What each event of a streamed answer holds, but for `error`, a problem."""


def _event(name: str, schema: str) -> Json:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": reference}
    return {"type": "object", "required": ["event", "data"], "properties": {"event": {"const": name}, "data": data}}


# OpenAPI 3.2's word for the items of a stream, which readers of 3.1 know or pass over.
_EVENT_STREAM: Json = {
    "itemSchema": {
        "oneOf": [*(_event(name, model.__name__) for name, model in _EVENTS.items()), _event("error", "Problem")]
    }
}

EXAMPLES: Json = json.loads(Path(__file__).with_name("openapi_examples.json").read_text("utf-8"))
"""By operation id the body of a `request` and, by status, `replies` to it, as the local stack gave them."""

_LINKS: dict[str, Json] = {
    "documents.ingest": {
        "Job": {"operationId": "jobs.read", "parameters": {"job_id": "$response.body#/job_id"}},
        "Retry": {"operationId": "jobs.retry", "parameters": {"job_id": "$response.body#/job_id"}},
        "Document": {
            "operationId": "documents.read",
            "parameters": {"document_id": "$response.body#/documents/0/id"},
        },
        "Chunks": {
            "operationId": "documents.chunks",
            "parameters": {"document_id": "$response.body#/documents/0/id"},
        },
        "Delete": {
            "operationId": "documents.delete",
            "parameters": {"document_id": "$response.body#/documents/0/id"},
        },
    },
    "jobs.upload": {
        "Job": {"operationId": "jobs.read", "parameters": {"job_id": "$response.body#/job_id"}},
        "Cancel": {"operationId": "jobs.cancel", "parameters": {"job_id": "$response.body#/job_id"}},
    },
    "documents.page": {
        "Next": {"operationId": "documents.page", "parameters": {"cursor": "$response.body#/next_cursor"}}
    },
    "graph.find": {
        "Next": {"operationId": "graph.find", "parameters": {"cursor": "$response.body#/next_cursor"}},
        "Entity": {"operationId": "graph.read", "parameters": {"entity_id": "$response.body#/entities/0/id"}},
    },
    "graph.read": {
        "Neighbour": {"operationId": "graph.read", "parameters": {"entity_id": "$response.body#/neighbours/0/id"}},
        "Document": {
            "operationId": "documents.read",
            "parameters": {"document_id": "$response.body#/passages/0/document_id"},
        },
    },
    "jobs.page": {"Next": {"operationId": "jobs.page", "parameters": {"cursor": "$response.body#/next_cursor"}}},
}
"""Which reply leads to which request, by operation id."""


def openapi_document() -> Json:
    """Return the OpenAPI 3.1 document of the whole API."""
    container = Container()
    guarded = [
        search_router(container),
        stream_router(container),
        agent_router(container),
        debug_router(container),
        graph_router(container),
        document_router(container),
        job_router(container),
        tenant_router(container),
    ]
    public = [health_router(container)]
    document: Json = create_app(
        guarded=guarded, public=public, limit_rate=container.limit_rate, refuse_erased=container.refuse_erased
    ).openapi()
    document["info"] |= {
        "description": "Answers to questions from a tenant's documents; docs/api.md has the rules of input.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    document["components"]["schemas"]["Problem"] = _PROBLEM
    for name, schema in _event_schemas().items():
        document["components"]["schemas"].setdefault(name, schema)
    document["components"]["headers"] = _HEADERS
    document["components"]["responses"] = {
        _name_of(status): {
            "description": title_of(status),
            "content": _PROBLEM_CONTENT,
            "headers": _headers(limited=status is HTTPStatus.TOO_MANY_REQUESTS, passing=status in _PASSING),
        }
        for status in sorted({*_GATEWAY_STATUSES, *_GUARDED_STATUSES, *_BODY_STATUSES, *_MORE_STATUSES})
    }
    document["components"]["securitySchemes"] = {
        "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A Firebase ID token."}
    }
    for route in (route for router in [*guarded, *public] for route in router.routes if isinstance(route, APIRoute)):
        for method in route.methods or ():
            _complete(document["paths"][route.path_format][method.lower()], route)
    return document


def _event_schemas() -> Json:
    _, found = models_json_schema(
        [(model, "serialization") for model in _EVENTS.values()], ref_template="#/components/schemas/{model}"
    )
    schemas: Json = found["$defs"]
    return schemas


def main() -> None:
    """Write the document to the file that is named, or print it."""
    text = json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def _complete(operation: Json, route: APIRoute) -> None:
    """Add to an operation what FastAPI does not know."""
    operation["operationId"] = f"{operation['tags'][0]}.{route.name}"
    operation["parameters"] = [
        _parameter(parameter) for parameter in operation.get("parameters", []) if parameter["name"] != "authorization"
    ]
    access = required_role(route)
    if access is not None:
        operation["security"] = [{"bearerAuth": []}]
        operation["x-role"] = access.role.value
        operation["x-rate-class"] = access.rate_class.value
    else:
        operation["security"] = [{}, {"bearerAuth": []}] if _reads_token(route) else []
    responses = operation["responses"]
    responses.pop("422", None)
    limited = access is not None
    _complete_success(responses, operation["operationId"], limited=limited)
    for status in _statuses(operation, route, limited=limited):
        responses.setdefault(str(int(status)), {"$ref": f"#/components/responses/{_name_of(status)}"})
    _add_examples(operation, EXAMPLES[operation["operationId"]])
    operation["responses"] = dict(sorted(responses.items()))


def _name_of(status: HTTPStatus) -> str:
    return title_of(status).upper().replace(" ", "_")


def _statuses(operation: Json, route: APIRoute, *, limited: bool) -> Iterator[HTTPStatus]:
    yield from _GATEWAY_STATUSES
    if limited:
        yield from _GUARDED_STATUSES
    if "requestBody" in operation:
        yield from _BODY_STATUSES
    if "{" in route.path and f"{{{TENANT_PARAMETER}}}" not in route.path:
        yield HTTPStatus.NOT_FOUND
    if any(parameter["name"] == IDEMPOTENCY_HEADER for parameter in operation["parameters"]):
        yield HTTPStatus.CONFLICT
    if _reads_token(route):
        yield HTTPStatus.UNPROCESSABLE_ENTITY


def _complete_success(responses: Json, operation_id: str, *, limited: bool) -> None:
    replies = [reply for status, reply in responses.items() if status.startswith("2")]
    for reply in replies:
        if EventStream.media_type in reply.get("content", {}):
            reply["content"] = {EventStream.media_type: _EVENT_STREAM}
        reply["headers"] = _headers(limited=limited)
    if operation_id in _LINKS:
        replies[0]["links"] = _LINKS[operation_id]
    if operation_id == "health.ready":
        responses["503"] = {
            "description": "A vital part does not answer.",
            "content": {**replies[0]["content"], **_PROBLEM_CONTENT},
            "headers": _headers(limited=False, passing=True),
        }


def _add_examples(operation: Json, example: Json) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["content"]["application/json"]["example"] = example["request"]
    for status, reply in example["replies"].items():
        (content,) = (
            content for kind, content in operation["responses"][status]["content"].items() if kind != MEDIA_TYPE
        )
        content["example"] = reply


def _headers(*, limited: bool, passing: bool = False) -> Json:
    names = [
        "X-Request-Id",
        *(name for name in _HEADERS if limited and name.startswith("RateLimit-")),
        *(["Retry-After"] if passing else []),
    ]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _parameter(parameter: Json) -> Json:
    """Return a parameter without the null that optional ones have in Python but never on the wire."""
    schema = parameter["schema"]
    if "anyOf" in schema:
        (schema,) = (choice for choice in schema["anyOf"] if choice.get("type") != "null")
    if parameter["name"] in {"x-tenant-id", TENANT_PARAMETER}:
        schema = {**schema, "pattern": TENANT_ID_PATTERN}
    if parameter["name"] == IDEMPOTENCY_HEADER:
        schema = {**schema, "pattern": KEY_PATTERN}
    name = re.sub(r"(^|-)([a-z])", lambda part: part[0].upper(), parameter["name"])
    return {**parameter, "name": name if parameter["in"] == "header" else parameter["name"], "schema": schema}


def _reads_token(route: APIRoute) -> bool:
    return any(parameter.alias == "authorization" for parameter in route.dependant.header_params)


if __name__ == "__main__":
    main()
