"""Error replies of the API as one sentence for the person at the keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from devstack.errors import DevstackError

RETRYABLE_STATUSES = frozenset({429, 502, 503})
_MAX_FIELD_ERRORS = 3
_UNAUTHORIZED = 401


class ApiError(DevstackError):
    """The API answered with an error status.

    Parameters:
        message: one sentence.
        status: HTTP status code.
        retry_after_s: seconds after which the server asks to try again; None when it did not say.
    """

    def __init__(self, message: str, *, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may well succeed in a moment."""
        return self.status in RETRYABLE_STATUSES or self.retry_after_s is not None

    @property
    def is_refused_input(self) -> bool:
        """Whether the server refused what was sent, so that sending it again is useless."""
        return self.status in {400, 413, 422}

    @property
    def is_refused_caller(self) -> bool:
        """Whether the server refused who asks, so that every other request fares the same."""
        return self.status in {401, 403}


def api_error(response: httpx.Response) -> ApiError:
    """Return the error that a reply of status 400 or more stands for."""
    problem = _problem_of(response)
    sentence = _what_happened(response, problem)
    if response.status_code == _UNAUTHORIZED:
        sentence += "; get a token with `graphwell token --tenant T` for the local stack, `graphwell login` for another"
    request_id = problem.get("request_id") or response.headers.get("x-request-id")
    if request_id:
        sentence += f" (request {request_id})"
    return ApiError(sentence + ".", status=response.status_code, retry_after_s=_retry_after_s(response))


def failure(response: httpx.Response) -> DevstackError | None:
    """Return what keeps a reply from being the one that was asked for; None where nothing does."""
    if response.is_error:
        return api_error(response)
    if response.is_success:
        return None
    where = response.headers.get("location", "another address")
    return DevstackError(
        f"The server answered {response.status_code} and sends requests on to {where}; nothing was done: "
        "give the address of the API itself."
    )


def _problem_of(response: httpx.Response) -> Mapping[str, Any]:
    """Return the reply's problem object; empty when a proxy or the gateway itself sent something else."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _what_happened(response: httpx.Response, problem: Mapping[str, Any]) -> str:
    said = str(problem.get("detail") or problem.get("title") or problem.get("message") or "").rstrip(".")
    name = f"{response.status_code} {response.reason_phrase}".strip()
    # The detail usually repeats the first field's error.
    fields = [sentence for sentence in _field_errors(problem.get("errors")) if sentence not in said]
    shown = [said, *fields[:_MAX_FIELD_ERRORS]]
    if len(fields) > _MAX_FIELD_ERRORS:
        shown.append(f"and {len(fields) - _MAX_FIELD_ERRORS} more")
    details = "; ".join(filter(None, shown))
    return f"The server answered {name}: {details}" if details else f"The server answered {name}"


def _field_errors(errors: Any) -> list[str]:
    """Return what the problem says of single fields."""
    if not isinstance(errors, list):
        return []
    return [_field_error(error) for error in errors if isinstance(error, dict)]


def _field_error(error: Mapping[str, Any]) -> str:
    return f"{error.get('field', 'body')}: {str(error.get('detail', 'is not valid')).rstrip('.')}"


def _retry_after_s(response: httpx.Response) -> float | None:
    """Return Retry-After in seconds; its date form, which nothing here sends, counts as absent."""
    try:
        return max(0.0, float(response.headers["retry-after"]))
    except (KeyError, ValueError):
        return None
