"""Errors as RFC 9457 problem details; none of them carries a stack trace, an input value or an internal name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from graphwell.domain import errors
from graphwell.domain.text import shown_name
from graphwell.http.request_context import request_id
from graphwell.runtime.observability import logger

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "urn:graphwell:problem:"
"""Problem types are names, not addresses to fetch; docs/api.md lists them, template.yaml has the gateway's own."""

_STATUS: Mapping[type[errors.GraphwellError], HTTPStatus] = {
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PayloadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.InFlight: HTTPStatus.CONFLICT,
    errors.RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CircuitOpen: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.IndexFault: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DeadlineExceeded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.IncompatibleIndex: HTTPStatus.SERVICE_UNAVAILABLE,
}

_MAX_ERRORS = 20
"""Wrong fields that a reply lists: a body of 4 MB can have hundreds of thousands."""

_REMEDIES = {
    "extra_forbidden": "This field is not known; remove it.",
    "missing": "This field is required; add it.",
    "model_attributes_type": "Send a JSON object, with the header Content-Type: application/json.",
    "string_unicode": "The text is not well-formed Unicode (a lone surrogate); send well-formed text.",
}


_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
"""As RFC 9110 calls them, and Python from 3.13 on."""


def title_of(status: HTTPStatus) -> str:
    """Return the title of a status, which is the same under every Python."""
    return _TITLES.get(status, status.phrase)


def install(app: FastAPI) -> None:
    """Make the application answer every error with a problem."""
    app.add_exception_handler(errors.GraphwellError, _graphwell_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected_error)


async def reply_to(request: Request, error: BaseException) -> JSONResponse:
    """Return the problem that an error of a use case is told as."""
    if isinstance(error, errors.GraphwellError):
        return await _graphwell_error(request, error)
    return await _unexpected_error(request, error)


def problem(
    request: Request,
    status: HTTPStatus,
    slug: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return a problem reply.

    Parameters:
        slug: last part of the problem's type.
        detail: what to change, for a person.
        errors: each wrong field with what to change about it.
    """
    body: dict[str, Any] = {
        "type": TYPE_BASE + slug,
        "title": title_of(status),
        "status": int(status),
        "detail": detail,
        "request_id": request_id(request),
    }
    if errors is not None:
        body["errors"] = list(errors)
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


async def _graphwell_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.GraphwellError)  # noqa: S101  # registered for this class alone
    status = _STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.warning("request failed", extra={"problem": error.slug, "cause": type(error.__cause__).__name__})
    fields = [{"field": error.field, "detail": error.detail}] if isinstance(error, errors.InvalidInput) else None
    headers = _retry_after(error)
    detail = f"{error.field}: {error.detail}" if isinstance(error, errors.InvalidInput) else error.detail
    return problem(request, status, error.slug, detail, errors=fields, headers=headers)


def _retry_after(error: errors.GraphwellError) -> dict[str, str] | None:
    if isinstance(error, errors.Unavailable | errors.RateLimited | errors.InFlight):
        return {"Retry-After": str(error.retry_after_s)}
    return None


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class alone
    found = [_field_error(entry) for entry in error.errors()[:_MAX_ERRORS]]
    if any(entry["type"] == "json_invalid" for entry in error.errors()):
        return _unreadable_body(request)
    detail = f"{found[0]['field']}: {found[0]['detail']}"
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, errors.InvalidInput.slug, detail, errors=found)


def _field_error(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return the path and remedy of a pydantic error; what was sent is never repeated."""
    path = ""
    for part in entry["loc"][1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{shown_name(part)}" if path else shown_name(part)
    return {"field": path or "body", "detail": _REMEDIES.get(entry["type"], f"{entry['msg']}.")}


def _unreadable_body(request: Request) -> JSONResponse:
    detail = "The body is not valid JSON; send a JSON object encoded as UTF-8."
    return problem(request, HTTPStatus.BAD_REQUEST, "invalid-json", detail)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:  # FastAPI's answer to bytes that are not UTF-8, or nested too deeply
        return _unreadable_body(request)
    details = {
        HTTPStatus.NOT_FOUND: "There is no such route; see docs/api.md for the routes.",
        HTTPStatus.METHOD_NOT_ALLOWED: "This route has no such method; see docs/api.md for the routes.",
    }
    detail = details.get(status, status.description or title_of(status))
    return problem(request, status, title_of(status).lower().replace(" ", "-"), detail, headers=error.headers)


async def _unexpected_error(request: Request, error: BaseException) -> JSONResponse:
    logger.error("unexpected error", extra={"error_type": type(error).__name__}, exc_info=error)
    detail = "Something went wrong on our side; the request id helps the operator to find out what."
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", detail)
