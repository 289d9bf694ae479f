"""The pooled Neo4j driver: one a Lambda environment, opened at first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction, Record

Result = TypeVar("Result")

_WRITE_TIMEOUT_S = 60.0
"""Ends a transaction that its client left; longer than any write here takes, shorter than a visibility timeout."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """Sizes and times of the connection pool, in seconds."""

    max_size: int
    acquisition_timeout_s: float
    max_retry_time_s: float
    liveness_check_s: float
    max_lifetime_s: float


class Neo4jClient:
    """Runs queries with a deadline and translates the driver's errors.

    Parameters:
        uri: bolt or neo4j address.
        database: name of the database.
        credentials: gives (username, password); asked again when the server refuses the last ones, so that a
            rotated secret needs no redeploy.
        pool: sizes and times.
    """

    def __init__(self, uri: str, database: str, credentials: Callable[[], tuple[str, str]], pool: PoolSettings) -> None:
        self._uri = uri
        self._database = database
        self._credentials = credentials
        self._pool = pool
        self._driver: Driver | None = None

    def read(self, query: str, deadline: Deadline | None = None, **parameters: Any) -> list[Record]:
        """Run one read statement and return its records.

        It is an auto-commit transaction: one round trip, where a managed one takes two.

        Raises:
            DeadlineExceeded: the deadline passed first.
            Unavailable: the server cannot be reached or refuses work.
        """
        from neo4j import READ_ACCESS, Query  # noqa: PLC0415

        def attempt() -> list[Record]:
            timed = Query(query, timeout=deadline.remaining_s() if deadline else _WRITE_TIMEOUT_S)
            with self._open().session(database=self._database, default_access_mode=READ_ACCESS) as session:
                return list(session.run(timed, parameters))

        return self._translated(lambda: _retrying()(attempt))

    def write(self, work: Callable[[ManagedTransaction], Result]) -> Result:
        """Run work in one write transaction, again where the server asks for it, so it must be safe to repeat.

        Raises:
            Unavailable: the server cannot be reached or refuses work.
        """
        from neo4j import unit_of_work  # noqa: PLC0415

        def attempt() -> Result:
            with self._open().session(database=self._database) as session:
                return session.execute_write(unit_of_work(timeout=_WRITE_TIMEOUT_S)(work))

        return self._translated(attempt)

    def write_count(self, query: str, **parameters: Any) -> int:
        """Run one statement in a write transaction and return the one number that it gives.

        Raises:
            Unavailable: the server cannot be reached or refuses work.
        """

        def work(tx: ManagedTransaction) -> int:
            (count,) = tx.run(query, parameters).single(strict=True)
            return int(count)

        return self.write(work)

    def run(self, query: str, **parameters: Any) -> list[Record]:
        """Run one statement outside a managed transaction, as schema commands ask for.

        Raises:
            Unavailable: the server cannot be reached or refuses work.
        """

        def attempt() -> list[Record]:
            with self._open().session(database=self._database) as session:
                return list(session.run(query, parameters))

        return self._translated(attempt)

    def close(self) -> None:
        """Close all connections; the next query opens new ones."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _open(self) -> Driver:
        if self._driver is None:
            from neo4j import GraphDatabase, NotificationMinimumSeverity  # noqa: PLC0415

            self._driver = GraphDatabase.driver(
                self._uri,
                auth=self._credentials(),
                max_connection_pool_size=self._pool.max_size,
                connection_acquisition_timeout=self._pool.acquisition_timeout_s,
                max_transaction_retry_time=self._pool.max_retry_time_s,
                liveness_check_timeout=self._pool.liveness_check_s,
                max_connection_lifetime=self._pool.max_lifetime_s,
                connection_timeout=5,
                notifications_min_severity=NotificationMinimumSeverity.OFF,
                telemetry_disabled=True,
            )
        return self._driver

    def _translated(self, attempt: Callable[[], Result]) -> Result:
        from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError  # noqa: PLC0415

        try:
            try:
                return attempt()
            except AuthError:  # The driver's AuthManager is told nothing of a connection that could not be opened.
                self.close()
                return attempt()
        except AuthError as error:
            raise Unavailable("The graph database refuses the user or password in its secret.") from error
        except ClientError as error:
            if error.code in {
                "Neo.ClientError.Transaction.TransactionTimedOut",
                "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
            }:
                raise DeadlineExceeded("The graph database took longer than the request may; ask again.") from error
            raise
        except (DriverError, Neo4jError) as error:
            if isinstance(error, Neo4jError) and not error.is_retryable():
                raise
            raise Unavailable("The graph database does not answer; try again shortly.") from error


def _retrying() -> Retrying:
    """Three attempts at a read, as the driver's own retries cover managed transactions alone."""
    return Retrying(
        retry=retry_if_exception(_is_retryable),
        stop=stop_after_attempt(3),
        wait=wait_random_exponential(multiplier=0.05, max=1),
        reraise=True,
    )


def _is_retryable(error: BaseException) -> bool:
    from neo4j.exceptions import DriverError, Neo4jError  # noqa: PLC0415

    return isinstance(error, DriverError | Neo4jError) and error.is_retryable()
