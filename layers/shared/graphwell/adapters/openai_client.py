"""Calls OpenAI-compatible endpoints: one retry policy, deadlines, and errors that leak neither keys nor addresses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from graphwell.domain.circuit_breaker import CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable

if TYPE_CHECKING:
    import httpx2
    import openai

Result = TypeVar("Result")

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 8.0
_FAIR_TIME_S = 10.0
"""A silence that is much shorter than this, and than a call may take, says nothing about the endpoint."""

_KEYLESS = "none"
"""Local endpoints need no key, but the client refuses an empty one."""


class RequestRefused(Unavailable):
    """The endpoint takes other requests, it may be, but never this one."""


class OpenAIClient:
    """The `openai` client behind a circuit breaker and a retry policy; imported and built at the first call.

    Attempts are repeated as `retries` says, or after the wait that the endpoint asks for; only for 408, 409, 429, 5xx
    and broken connections. A timeout is not repeated. What the endpoint says of the request itself, such as 400, is no
    failure of the endpoint.
    """

    def __init__(
        self,
        *,
        base_url: str | None,
        api_key: Callable[[], str],
        http_client: httpx2.Client | None = None,
        sleep: Callable[[float], None] | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        """Take where to call.

        Parameters:
            base_url: address up to and with `/v1`; None for OpenAI itself.
            api_key: gives the key; asked at the first call, and again when the endpoint refuses the last one.
            http_client: transport to use in place of the library's own, as in tests.
            sleep: waits between attempts; `time.sleep` when None.
            breaker: that of this endpoint; one of its own when None.
        """
        self._base_url = base_url
        self._api_key = api_key
        self._http_client = http_client
        self._sleep = sleep
        self._breaker = breaker or CircuitBreaker("model")
        self._lock = threading.Lock()
        self._client: openai.OpenAI | None = None

    def call(
        self, request: Callable[[openai.OpenAI], Result], deadline: Deadline, longest_s: float = float("inf")
    ) -> Result:
        """Return what `request` returns; it is given a client whose timeout is what is left of the deadline.

        Parameters:
            longest_s: longest that the call may take with all its attempts, whatever time its caller has.

        Raises:
            DeadlineExceeded: the time is used up.
            RequestRefused: the endpoint will not take such a request.
            Unavailable: the endpoint does not answer, limits the rate, or refuses the key or the model.
        """
        import openai  # noqa: PLC0415  takes 1.2 s, which only requests that need a model should pay

        from graphwell.adapters.retries import retrying  # noqa: PLC0415

        deadline = deadline.within(longest_s)
        is_fair = deadline.remaining_s() >= 0.9 * min(longest_s, _FAIR_TIME_S)
        attempts = retrying(
            deadline,
            may_pass=_may_pass,
            first_wait_s=_FIRST_WAIT_S,
            longest_wait_s=_LONGEST_WAIT_S,
            asked_wait_s=_retry_after_s,
            sleep=self._sleep,
            on_retry=self._breaker.retried,
        )
        try:
            result: Result = self._breaker.call(
                lambda: self._with_a_key(lambda client: attempts(_once, request, client, deadline)),
                is_failure=lambda error: _is_away(error) and (is_fair or not isinstance(error, openai.APITimeoutError)),
            )
        except openai.APITimeoutError as error:
            raise DeadlineExceeded("The model took longer than the request may; ask again.") from _plain(error)
        except openai.APIStatusError as error:
            raise _refusal(error) from _plain(error)
        except openai.APIConnectionError as error:
            raise Unavailable("The model cannot be reached; try again.") from _plain(error)
        except (openai.OpenAIError, ValueError) as error:  # ValueError: a body that is not JSON
            raise Unavailable("The model's endpoint answered in no form that OpenAI's has.") from _plain(error)
        return result

    def _with_a_key(self, attempt: Callable[[openai.OpenAI], Result]) -> Result:
        """Return what an attempt returns, or one with a newer key when the key of the first was refused."""
        import openai  # noqa: PLC0415

        client = self._open()
        try:
            return attempt(client)
        except openai.AuthenticationError:
            key = self._api_key() or _KEYLESS
            if key == client.api_key:
                raise
            with self._lock:
                self._client = client.copy(api_key=key)
            return attempt(self._client)

    def _open(self) -> openai.OpenAI:
        import openai  # noqa: PLC0415

        with self._lock:
            if self._client is None:
                from graphwell.adapters.bounded_replies import bound_reply  # noqa: PLC0415

                self._client = openai.OpenAI(
                    api_key=self._api_key() or _KEYLESS,
                    base_url=self._base_url,
                    max_retries=0,
                    http_client=self._http_client or openai.DefaultHttpxClient(event_hooks={"response": [bound_reply]}),
                )
            return self._client


def _once(request: Callable[[openai.OpenAI], Result], client: openai.OpenAI, deadline: Deadline) -> Result:
    with deadline.held():
        return request(client.with_options(timeout=deadline.remaining_s()))


def _may_pass(error: BaseException) -> bool:
    """Tell whether the same request can succeed later."""
    import openai  # noqa: PLC0415

    if isinstance(error, openai.APIStatusError):
        return error.status_code in {408, 409, 429} or error.status_code >= 500  # noqa: PLR2004
    return isinstance(error, openai.APIConnectionError) and not isinstance(error, openai.APITimeoutError)


def _retry_after_s(error: BaseException | None) -> float | None:
    """Return the seconds that the endpoint asks to wait; None when it does not, or names a date."""
    import openai  # noqa: PLC0415

    if not isinstance(error, openai.APIStatusError):
        return None
    milliseconds = error.response.headers.get("retry-after-ms", "")
    seconds = error.response.headers.get("retry-after", "")
    try:
        wait_s = float(milliseconds) / 1000 if milliseconds else float(seconds)
    except ValueError:
        return None
    return wait_s if 0 <= wait_s < float("inf") else None


def _is_away(error: Exception) -> bool:
    """Tell whether an error shows that the endpoint does not do its work for anybody, or not with our key."""
    import openai  # noqa: PLC0415

    if isinstance(error, openai.APIStatusError):
        return error.status_code in {401, 403, 404, 408, 429} or error.status_code >= 500  # noqa: PLR2004
    return isinstance(error, openai.OpenAIError | ValueError | Unavailable) and not isinstance(error, DeadlineExceeded)


def _refusal(error: openai.APIStatusError) -> Unavailable:
    if error.status_code == 429:  # noqa: PLR2004
        wait_s = _retry_after_s(error)
        return Unavailable(
            "The model's rate limit is reached; try again later.", retry_after_s=max(1, round(wait_s or 5))
        )
    if error.status_code in {401, 403}:
        return Unavailable("The model refuses its key; put a valid api_key into the model's secret.")
    if error.status_code == 404:  # noqa: PLR2004
        return Unavailable("The model's endpoint does not know the model; check the model's name and base URL.")
    if error.status_code in {400, 413, 422}:
        return RequestRefused(f"The model's endpoint refuses the request with status {error.status_code}.")
    return Unavailable(f"The model's endpoint answered with status {error.status_code}; try again.")


def _plain(error: Exception) -> Exception:
    """Return a cause that is safe to log: the client's own errors carry request headers, addresses and bodies."""
    return RuntimeError(type(error).__name__)
