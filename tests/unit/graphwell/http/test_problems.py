"""Errors of every kind as problems."""

from __future__ import annotations

import pytest

from graphwell.domain import errors
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import Gateway, assert_problem


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFound("It is not there."), 404),
        (errors.Conflict("It is finished."), 409),
        (errors.Forbidden("You may not."), 403),
        (errors.Unauthenticated("Who are you."), 401),
        (errors.PayloadTooLarge("Too large."), 413),
        (errors.Unavailable("It is away.", retry_after_s=7), 503),
        (errors.DeadlineExceeded("It took too long."), 503),
        (errors.IncompatibleIndex("It does not fit."), 503),
        (errors.InvalidInput("cursor", "It is wrong."), 422),
    ],
)
def test_an_error_with_a_meaning_keeps_its_sentence(
    gateway: Gateway, container: FakeContainer, error: errors.GraphwellError, status: int
) -> None:
    container.documents.error = error
    reply = gateway.send("GET", "/v1/documents")
    assert error.detail in assert_problem(reply, status, error.slug)["detail"]
    retry_after = str(error.retry_after_s) if isinstance(error, errors.Unavailable) else None
    assert reply.headers.get("retry-after") == retry_after


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (errors.PayloadTooLarge("Too large."), "Content Too Large"),
        (errors.InvalidInput("cursor", "It is wrong."), "Unprocessable Content"),
    ],
)
def test_titles_are_those_of_the_standard_under_every_python(
    gateway: Gateway, container: FakeContainer, error: errors.GraphwellError, title: str
) -> None:
    container.documents.error = error
    assert gateway.send("GET", "/v1/documents").json["title"] == title


@pytest.mark.parametrize("error", [ValueError("secret"), KeyError("secret"), RuntimeError("secret"), OSError("secret")])
def test_an_unexpected_error_tells_nothing_but_the_request_id(
    gateway: Gateway, container: FakeContainer, error: Exception
) -> None:
    container.documents.error = error
    reply = gateway.send("GET", "/v1/documents")
    assert_problem(reply, 500, "internal-error")
    assert "secret" not in reply.text


def test_an_unexpected_error_is_logged_with_its_stack(
    gateway: Gateway, container: FakeContainer, caplog: pytest.LogCaptureFixture
) -> None:
    container.documents.error = ValueError("what went wrong")
    gateway.send("GET", "/v1/documents")
    (entry,) = [record for record in caplog.records if record.getMessage() == "unexpected error"]
    assert entry.exc_info is not None
    assert entry.exc_info[1] is container.documents.error


def test_a_request_that_lambda_has_no_time_for_is_unavailable(gateway: Gateway) -> None:
    reply = gateway.send("POST", "/v1/search", {"query": "boiler"}, left_s=0.5)
    assert_problem(reply, 503, "deadline-exceeded")
    assert reply.headers["retry-after"]


def test_without_the_index_questions_are_unavailable(gateway: Gateway, container: FakeContainer) -> None:
    container.index.down = True
    for path, body in (("/v1/search", {"query": "boiler"}), ("/v1/query", {"question": "boiler"})):
        reply = gateway.send("POST", path, body)
        assert_problem(reply, 503, "unavailable")
        assert reply.headers["retry-after"]


@pytest.mark.parametrize("path", ["/v1/jobs/", "/v1/search/", "/v1/tenants/a/", "//v1/jobs"])
def test_no_path_is_redirected(gateway: Gateway, path: str) -> None:
    assert_problem(gateway.send("GET", path), 404, "not-found")
