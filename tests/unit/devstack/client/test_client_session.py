"""Requests: credentials, retries, and errors as sentences."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

from devstack.client import calls
from devstack.client.connection import Connection, checked_url
from devstack.client.credentials import Credentials, FixedToken, MintedToken
from devstack.client.problems import ApiError
from devstack.client.session import PATIENT, ApiRequest, ApiSession, RetryPolicy, json_body
from devstack.errors import DevstackError, UsageError
from tests.unit.devstack.client.fake_api import problem

GET_JOBS = ApiRequest("GET", "/v1/jobs")
SUBMIT = ApiRequest("POST", "/v1/documents", body=b"{}", idempotency_key="key-1")
OK = httpx.Response(200, json={"jobs": []})


class Script:
    """Answers requests with the given responses and errors in turn, the last one for ever."""

    def __init__(self, *steps: httpx.Response | Exception) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step


def session_of(
    script: Script,
    *,
    credentials: Credentials | None = None,
    sleep: Callable[[float], None] = lambda _: None,
    tenant_header: str | None = None,
    is_local_stack: bool = False,
    retry: RetryPolicy | None = None,
) -> ApiSession:
    connection = Connection("http://stack.test", credentials or FixedToken("secret"), tenant_header, is_local_stack)
    return ApiSession(connection, transport=httpx.MockTransport(script), sleep=sleep, retry=retry)


def test_sends_token_tenant_and_idempotency_key() -> None:
    script = Script(OK)
    session_of(script, tenant_header="acme").send(SUBMIT)
    headers = script.requests[0].headers
    assert headers["authorization"] == "Bearer secret"
    assert headers["x-tenant-id"] == "acme"
    assert headers["idempotency-key"] == "key-1"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [429, 502, 503])
def test_passing_refusals_are_tried_again(status: int) -> None:
    script = Script(problem(status, "busy"), OK)
    assert session_of(script).send(GET_JOBS).body == {"jobs": []}
    assert len(script.requests) == 2


def test_obeys_retry_after_within_bounds() -> None:
    slept_s: list[float] = []
    limited = problem(429, "slow down", headers={"retry-after": "60"})
    session_of(Script(limited, OK), sleep=slept_s.append).send(GET_JOBS)
    assert 60 <= slept_s[0] < 61

    used_up = problem(429, "slow down", headers={"retry-after": "1800"})
    with pytest.raises(ApiError, match="slow down"):
        session_of(Script(used_up, OK), sleep=slept_s.append).send(GET_JOBS)
    session_of(Script(used_up, OK), sleep=slept_s.append, retry=PATIENT).send(GET_JOBS)
    assert 1800 <= slept_s[1] < 1801


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")]
)
def test_lost_connections_are_tried_again_with_the_same_key(error: Exception) -> None:
    script = Script(error, OK)
    session_of(script).send(SUBMIT)
    assert [request.headers["idempotency-key"] for request in script.requests] == ["key-1", "key-1"]


@pytest.mark.parametrize(
    ("error", "sent"), [(httpx.ConnectError("refused"), 2), (httpx.ReadTimeout("slow"), 1), (httpx.ReadError("cut"), 1)]
)
def test_what_begins_a_run_is_sent_again_only_when_it_did_not_arrive(error: Exception, sent: int) -> None:
    script = Script(error, OK)
    with suppress(DevstackError):
        session_of(script).send(calls.start_agent("Who?", budget={"seconds": 60}).request)
    assert len(script.requests) == sent


def test_gives_up_sooner_while_the_server_has_never_answered() -> None:
    policy = RetryPolicy()
    silent = Script(httpx.ConnectError("refused"))
    with pytest.raises(DevstackError, match=r"http://stack.test cannot be reached \(refused\)"):
        session_of(silent).send(GET_JOBS)
    assert len(silent.requests) == policy.first_contact_attempts

    lost = Script(OK, httpx.ConnectError("refused"))
    session = session_of(lost)
    session.send(GET_JOBS)
    with pytest.raises(DevstackError):
        session.send(GET_JOBS)
    assert len(lost.requests) == 1 + policy.attempts


def test_a_local_stack_that_does_not_answer_is_named_as_such() -> None:
    with pytest.raises(DevstackError, match=r"local stack does not answer.*graphwell up"):
        session_of(Script(httpx.ConnectError("refused")), is_local_stack=True).send(GET_JOBS)


def test_waits_grow_between_tries() -> None:
    slept_s: list[float] = []
    session = session_of(Script(OK, *[problem(503, "away")] * 9), sleep=slept_s.append)
    session.send(GET_JOBS)
    with pytest.raises(ApiError):
        session.send(GET_JOBS)
    assert len(slept_s) == RetryPolicy().attempts - 1
    assert slept_s[0] < slept_s[3] < slept_s[-1] < 6


@pytest.mark.parametrize(("request_", "tries"), [(GET_JOBS, 1), (SUBMIT, 4)])
def test_a_gateway_timeout_is_tried_again_only_with_an_idempotency_key(request_: ApiRequest, tries: int) -> None:
    script = Script(problem(504, "too slow"), problem(504, "too slow"), problem(504, "too slow"), OK)
    if tries == 1:
        with pytest.raises(ApiError):
            session_of(script).send(request_)
    else:
        session_of(script).send(request_)
    assert len(script.requests) == tries


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500])
def test_lasting_errors_are_not_tried_again(status: int) -> None:
    script = Script(problem(status, "no"))
    with pytest.raises(ApiError) as caught:
        session_of(script).send(SUBMIT)
    assert caught.value.status == status
    assert len(script.requests) == 1


def test_problems_become_one_sentence_with_fields_and_request_id() -> None:
    errors = [{"field": "title", "detail": "Too long."}, {"field": "text", "detail": "Too short."}]
    body = problem(422, "title: Too long.", errors=errors)
    with pytest.raises(ApiError) as caught:
        session_of(Script(body)).send(SUBMIT)
    assert str(caught.value) == (
        "The server answered 422 Unprocessable Entity: title: Too long; text: Too short (request req-1)."
    )


def test_of_many_field_errors_the_first_few_are_told() -> None:
    errors = [{"field": f"documents[{place}].text", "detail": "No."} for place in range(9)]
    with pytest.raises(ApiError, match=r"documents\[2\]\.text: No; and 6 more \(request"):
        session_of(Script(problem(422, "Invalid.", errors=errors))).send(SUBMIT)


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (httpx.Response(403, json={"message": "Forbidden by WAF"}), "Forbidden by WAF"),
        (httpx.Response(500, text="<html>oops</html>"), "500 Internal Server Error"),
        (httpx.Response(500, json=["odd"]), "500 Internal Server Error"),
        (httpx.Response(404, json={"errors": "odd"}, headers={"x-request-id": "from-header"}), "request from-header"),
    ],
)
def test_errors_of_gateways_are_sentences_too(response: httpx.Response, said: str) -> None:
    with pytest.raises(ApiError, match=said):
        session_of(Script(response)).send(GET_JOBS)


def test_an_unauthorised_call_says_how_to_get_a_token() -> None:
    with pytest.raises(
        ApiError, match=r"graphwell token --tenant T` for the local stack, `graphwell login` for another"
    ):
        session_of(Script(problem(401, "The token has expired"))).send(GET_JOBS)


def test_a_refused_local_token_is_minted_anew_once() -> None:
    minted = iter(["old", "new", "newer"])
    script = Script(problem(401, "expired"), OK)
    session_of(script, credentials=MintedToken(lambda: next(minted))).send(GET_JOBS)
    assert [request.headers["authorization"] for request in script.requests] == ["Bearer old", "Bearer new"]

    always = Script(problem(401, "no"))
    with pytest.raises(ApiError):
        session_of(always, credentials=MintedToken(lambda: "token")).send(GET_JOBS)
    assert len(always.requests) == 2


def test_a_refused_token_is_replaced_once_for_a_stream_too() -> None:
    minted = iter(["old", "new"])
    script = Script(problem(401, "expired"), httpx.Response(200, text="event: answer\n"))
    with session_of(script, credentials=MintedToken(lambda: next(minted))).stream(SUBMIT) as lines:
        assert list(lines) == ["event: answer"]
    assert [request.headers["authorization"] for request in script.requests] == ["Bearer old", "Bearer new"]

    always = Script(problem(401, "no"))
    session = session_of(always, credentials=MintedToken(lambda: "token"))
    with pytest.raises(ApiError, match="401"), session.stream(SUBMIT):
        pass
    assert len(always.requests) == 2


def test_local_tokens_are_replaced_before_they_expire() -> None:
    now_s, minted = [0.0], iter(["first", "second"])
    credentials = MintedToken(lambda: next(minted), clock_s=lambda: now_s[0], max_age_s=600)
    assert credentials.bearer_token() == "first"
    now_s[0] = 599.0
    assert credentials.bearer_token() == "first"
    now_s[0] = 601.0
    assert credentials.bearer_token() == "second"


def test_a_page_that_is_not_json_is_not_taken_for_a_reply() -> None:
    with pytest.raises(DevstackError, match="did not answer with JSON"):
        session_of(Script(httpx.Response(200, text="<html>hello</html>"))).send(GET_JOBS)


def test_text_that_is_not_unicode_is_refused_before_it_is_sent() -> None:
    with pytest.raises(UsageError, match="surrogate"):
        json_body({"question": "broken \ud800"})


def test_a_store_that_sends_elsewhere_has_no_file() -> None:
    moved = httpx.Response(307, headers={"location": "https://bucket.s3.eu-central-1.amazonaws.com/f"})
    with pytest.raises(ApiError, match="answered 307"):
        session_of(Script(moved)).put("https://bucket.s3.amazonaws.com/f", {}, b"content")


@pytest.mark.parametrize("url", ["http://[::1", "http://localhost:abc", "http://localhost:99999"])
def test_what_is_no_address_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        checked_url(url)
