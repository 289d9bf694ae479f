"""What the Neo4j driver's errors are told as, and which of them say something of the server."""

from __future__ import annotations

import pytest
from neo4j.exceptions import AuthError, ClientError, Neo4jError, ServiceUnavailable, TransientError

from graphwell.adapters.neo4j_errors import says_something_of_the_server, translated_errors
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable
from tests.fakes.clock import FakeMonotonic


def translated(error: Exception, left_s: float = 5.0) -> Exception:
    """Return what a caller sees of an error."""
    with pytest.raises(Exception) as caught, translated_errors(Deadline.after(left_s, FakeMonotonic())):  # noqa: PT011
        raise error
    return caught.value


@pytest.mark.parametrize("error", [ServiceUnavailable("x"), TransientError("x"), AuthError("x")])
def test_a_server_that_is_away_is_unavailable(error: Exception) -> None:
    told = translated(error)
    assert type(told) is Unavailable
    assert says_something_of_the_server(told)


def test_a_silence_until_the_deadline_is_told_as_such() -> None:
    told = translated(ServiceUnavailable("x"), left_s=0)
    assert type(told) is DeadlineExceeded
    assert says_something_of_the_server(told)


@pytest.mark.parametrize("error", [ClientError("no Cypher"), Unavailable("The queue does not answer."), ValueError()])
def test_what_is_no_fault_of_the_server_stays_what_it_is(error: Exception) -> None:
    assert translated(error) is error
    assert not says_something_of_the_server(error)


def test_a_transaction_that_the_server_ended_has_exceeded_its_deadline() -> None:
    code = "Neo.ClientError.Transaction.TransactionTimedOut"
    told = translated(Neo4jError._hydrate_neo4j(code=code, message="x"))
    assert type(told) is DeadlineExceeded
