"""What the Neo4j driver's errors mean to a caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable

_TOO_LONG = "The graph database took longer than the request may; ask again."
_TIMED_OUT = {
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
}


@contextmanager
def translated_errors(until: Deadline) -> Iterator[None]:
    """Translate the errors of a with block that say something of the server; faults of a statement stay what they are.

    Parameters:
        until: when the call had to end.

    Raises:
        DeadlineExceeded: the server ended the transaction, or had not answered by then.
        Unavailable: it cannot be reached, refuses the credentials, or refuses work.
    """
    from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError  # noqa: PLC0415

    try:
        yield
    except AuthError as error:
        raise Unavailable("The graph database refuses the user or password in its secret.") from error
    except ClientError as error:
        if error.code in _TIMED_OUT:
            raise DeadlineExceeded(_TOO_LONG) from error
        raise
    except (DriverError, Neo4jError) as error:
        if isinstance(error, Neo4jError) and not error.is_retryable():
            raise
        if until.at_s <= until.clock():
            raise DeadlineExceeded(_TOO_LONG) from error
        raise Unavailable("The graph database does not answer; try again shortly.") from error


def says_something_of_the_server(error: Exception) -> bool:
    """Tell whether a translated error comes from the driver, and not from what a transaction's work asks of others."""
    from neo4j.exceptions import DriverError, Neo4jError  # noqa: PLC0415

    return isinstance(error, Unavailable) and isinstance(error.__cause__, DriverError | Neo4jError)


def lost_a_race(error: BaseException) -> bool:
    """Tell whether a transaction found a node that another one then removed; the next time it finds none."""
    from neo4j.exceptions import ClientError  # noqa: PLC0415

    return isinstance(error, ClientError) and error.code == "Neo.ClientError.Statement.EntityNotFound"


def is_retryable(error: BaseException) -> bool:
    """Tell whether the same work can succeed later."""
    from neo4j.exceptions import DriverError, Neo4jError  # noqa: PLC0415

    return isinstance(error, DriverError | Neo4jError) and error.is_retryable()
