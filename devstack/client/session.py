"""Sends requests to the API: bearer token, bounded retries, errors as sentences."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from devstack.client.connection import Connection
from devstack.client.event_lines import EventLines
from devstack.client.problems import ApiError, failure
from devstack.errors import DevstackError, UsageError

GATEWAY_TIMEOUT_S = 29.0
"""API Gateway cuts a request off here; the client waits a little longer, to hear about it."""
_REQUEST_TIMEOUT = httpx.Timeout(GATEWAY_TIMEOUT_S + 6.0, connect=5.0)
_GATEWAY_TIMEOUT_STATUS = 504
_UNAUTHORIZED_STATUS = 401
_BACKOFF = wait_exponential_jitter(multiplier=0.25, max=5.0, jitter=0.25)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently a request is tried.

    Parameters:
        attempts: tries in all, once the server has answered anything in this session.
        first_contact_attempts: tries in all while it has not; someone waits at the keyboard for a server that is down.
        max_wait_s: the longest obeyed Retry-After, in seconds; a longer one ends the tries.
    """

    attempts: int = 8
    first_contact_attempts: int = 4
    max_wait_s: float = 65.0


ONCE = RetryPolicy(attempts=1, first_contact_attempts=1)
"""For measurements, in which a try that failed is to be seen."""

PATIENT = RetryPolicy(attempts=20, max_wait_s=3700.0)
"""For long work that nobody sits before: an hour's limit passes within an hour."""


@dataclass(frozen=True)
class ApiRequest:
    """One call of the API; body is JSON as bytes.

    Parameters:
        begins_work: whether each one that arrives begins work of its own, which is paid for.
    """

    method: str
    path: str
    body: bytes | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
    idempotency_key: str | None = None
    begins_work: bool = False


_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True)
class ApiReply:
    """A successful reply: its JSON, and the seconds that the last attempt took without any waiting before it."""

    body: Any
    elapsed_s: float


def json_body(value: Mapping[str, Any]) -> bytes:
    """Return value as UTF-8 JSON.

    Raises:
        UsageError: a string in it is not valid Unicode (a lone surrogate).
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise UsageError("The text is not valid Unicode (it has a lone surrogate); remove it.") from error


class Sending:
    """What sending is to a session of either kind: headers, which failures pass, and what a reply is read as.

    Parameters:
        connection: address and credentials.
        retry: how often to try.
    """

    def __init__(self, connection: Connection, retry: RetryPolicy | None = None) -> None:
        self.connection = connection
        self._retry = retry or RetryPolicy()
        self._was_answered = False

    def arguments(self, request: ApiRequest, token: str) -> dict[str, Any]:
        """Return the arguments of an HTTP client's `request`."""
        headers = {"Authorization": f"Bearer {token}"}
        if self.connection.tenant_header:
            headers["X-Tenant-Id"] = self.connection.tenant_header
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if request.idempotency_key:
            headers["Idempotency-Key"] = request.idempotency_key
        return {
            "method": request.method,
            "url": request.path,
            "content": request.body,
            "params": dict(request.params) or None,
            "headers": headers,
        }

    def pool(self) -> dict[str, Any]:
        """Return the arguments of an HTTP client."""
        return {
            "base_url": self.connection.url,
            "timeout": _REQUEST_TIMEOUT,
            "trust_env": not self.connection.is_loopback,
        }

    def is_refused(self, response: httpx.Response, token: str) -> bool:
        """Tell whether the server refused the token and another can be had."""
        return response.status_code == _UNAUTHORIZED_STATUS and self.connection.credentials.renew(token)

    def read(self, response: httpx.Response, elapsed_s: float) -> ApiReply:
        """Return what a whole reply says.

        Raises:
            ApiError: it is an error.
            DevstackError: it is no JSON, or sends elsewhere.
        """
        self._was_answered = True
        if (failed := failure(response)) is not None:
            raise failed
        if not response.content:
            return ApiReply(None, elapsed_s)
        try:
            return ApiReply(response.json(), elapsed_s)
        except ValueError as error:
            raise DevstackError(
                f"{self.connection.url} did not answer with JSON; is it the address of a graphwell stack?"
            ) from error

    def tries(self, is_passing: Callable[[BaseException], bool]) -> dict[str, Any]:
        """Return the arguments of tenacity's `Retrying`."""
        return {
            "retry": retry_if_exception(is_passing),
            "stop": self._is_enough,
            "wait": self._wait_s,
            "reraise": True,
        }

    def unreachable(self, error: httpx.TransportError) -> DevstackError:
        """Return what a failure to reach the server is told as."""
        if self.connection.is_local_stack and isinstance(error, httpx.ConnectError):
            return DevstackError(
                f"The local stack does not answer at {self.connection.url}; "
                "see `graphwell status`, and start it with `graphwell up`."
            )
        what = "did not answer in time" if isinstance(error, httpx.TimeoutException) else f"cannot be reached ({error})"
        return DevstackError(f"{self.connection.url} {what}; check --url and the network, then try again.")

    def _is_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ApiError) and (error.retry_after_s or 0.0) > self._retry.max_wait_s:
            return True
        limit = self._retry.attempts if self._was_answered else self._retry.first_contact_attempts
        return state.attempt_number >= limit

    def _wait_s(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ApiError) and error.retry_after_s is not None:
            spread_s = random.uniform(0.0, 0.25)  # noqa: S311  (spreads out clients, no secret)
            return error.retry_after_s + spread_s
        return _BACKOFF(state)


class ApiSession:
    """A connection pool to one stack. Safe to use from several threads; close it, or use it in a with statement.

    Parameters:
        connection: address and credentials.
        transport: sends the requests; None for the network.
        sleep: waits the given seconds between tries.
        retry: how often to try.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.connection = connection
        self._sleep = sleep
        self._sending = Sending(connection, retry)
        self._http = httpx.Client(**self._sending.pool(), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the pool's connections."""
        self._http.close()

    def send(self, request: ApiRequest) -> ApiReply:
        """Send a request, again after a lost connection or a passing refusal, and return the reply.

        Raises:
            ApiError: the API answered with an error that remained.
            DevstackError: the server could not be reached or did not answer with JSON.
        """
        retrying = Retrying(**self._sending.tries(lambda error: is_passing(error, request)), sleep=self._sleep)
        try:
            return retrying(self._send_once, request)
        except httpx.TransportError as error:
            raise self._sending.unreachable(error) from error

    @contextmanager
    def stream(self, request: ApiRequest) -> Iterator[Iterator[str]]:
        """Send a request once, but again with another token where the first is refused, and give its reply's lines.

        Raises:
            ApiError: the API answered with an error.
            DevstackError: the server could not be reached.
        """
        credentials = self.connection.credentials
        token = credentials.bearer_token()
        try:
            with self._http.stream(**self._sending.arguments(request, token)) as response:
                if not self._sending.is_refused(response, token):
                    yield _lines(response)
                    return
            with self._http.stream(**self._sending.arguments(request, credentials.bearer_token())) as response:
                yield _lines(response)
        except httpx.TransportError as error:
            raise self._sending.unreachable(error) from error

    def put(self, url: str, headers: Mapping[str, str], content: bytes) -> None:
        """Put content at a presigned address, again after a lost connection or a fault of the store.

        Raises:
            ApiError: the store refused it.
            DevstackError: the store could not be reached.
        """
        retrying = Retrying(**self._sending.tries(_is_fault_of_the_store), sleep=self._sleep)
        try:
            retrying(self._put_once, url, headers, content)
        except httpx.TransportError as error:
            raise DevstackError(f"The file store at {httpx.URL(url).host} cannot be reached ({error}).") from error

    def _put_once(self, url: str, headers: Mapping[str, str], content: bytes) -> None:
        response = self._http.put(url, content=content, headers=dict(headers))
        if not response.is_success:
            raise ApiError(
                f"The file store answered {response.status_code} {response.reason_phrase}.", status=response.status_code
            )

    def _send_once(self, request: ApiRequest) -> ApiReply:
        credentials = self.connection.credentials
        token = credentials.bearer_token()
        response, elapsed_s = self._exchange(request, token)
        if self._sending.is_refused(response, token):
            response, elapsed_s = self._exchange(request, credentials.bearer_token())
        return self._sending.read(response, elapsed_s)

    def _exchange(self, request: ApiRequest, token: str) -> tuple[httpx.Response, float]:
        started_s = time.perf_counter()
        response = self._http.request(**self._sending.arguments(request, token))
        return response, time.perf_counter() - started_s


def _lines(response: httpx.Response) -> Iterator[str]:
    """Return the lines of a reply that streams.

    Raises:
        ApiError: it is an error.
        DevstackError: it sends elsewhere.
    """
    if not response.is_success:
        response.read()
    if (failed := failure(response)) is not None:
        raise failed
    lines = EventLines()
    return (line for part in response.iter_bytes() for line in lines.read(part))


def _is_fault_of_the_store(error: BaseException) -> bool:
    is_fault = isinstance(error, ApiError) and error.status >= httpx.codes.INTERNAL_SERVER_ERROR
    return is_fault or isinstance(error, httpx.TransportError)


def is_passing(error: BaseException, request: ApiRequest) -> bool:
    """Whether sending the request again may help, and does no harm should it have arrived."""
    if isinstance(error, httpx.TransportError):
        return isinstance(error, _NEVER_SENT) or not request.begins_work
    if not isinstance(error, ApiError):
        return False
    return error.is_retryable or (error.status == _GATEWAY_TIMEOUT_STATUS and request.idempotency_key is not None)
