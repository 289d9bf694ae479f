"""The pooled Neo4j driver: one a Lambda environment, opened at first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from graphwell.adapters.neo4j_bounded_session import bounded_session
from graphwell.adapters.neo4j_errors import is_retryable, lost_a_race, says_something_of_the_server, translated_errors
from graphwell.adapters.neo4j_pool_use import PoolUse, pool_use
from graphwell.adapters.patient_probe import PatientProbe
from graphwell.adapters.retries import retrying
from graphwell.domain.circuit_breaker import CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from neo4j import BookmarkManager, Driver, ManagedTransaction, Record, Session

Result = TypeVar("Result")

_WRITE_TIMEOUT_S = 60.0
"""Ends a transaction that its client left; longer than any write here takes, shorter than a visibility timeout."""

_SCHEMA_TIMEOUT_S = 270.0
"""Of statements that wait for indexes; `migrate` may take 300 s."""

_PROBE_S = 5.0
"""A server that has just started takes seconds for its first reply."""

_FAIR_TIME_S = 2.0
"""A silence that is much shorter than this, and than a read may take, says nothing about the server."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """Sizes and times of the connection pool, in seconds.

    Parameters:
        connect_timeout_s: longest that TCP, TLS and Bolt may take to agree.
        query_timeout_s: longest that one read may take with all its attempts, whatever time its caller has.
    """

    max_size: int
    acquisition_timeout_s: float
    max_retry_time_s: float
    liveness_check_s: float
    max_lifetime_s: float
    connect_timeout_s: float = 2.0
    query_timeout_s: float = 60.0


class Neo4jClient:
    """Runs queries with a deadline, behind a circuit breaker, and translates the driver's errors.

    A call ends at the earliest of the deadline it is given, that of the invocation it is part of, and its own limit.

    Parameters:
        uri: bolt or neo4j address.
        database: name of the database.
        credentials: gives (username, password); asked again when the server refuses the last ones, so that a
            rotated secret needs no redeploy.
        pool: sizes and times.
        breaker: that of this database; one of its own when None.
        on_acquire: told how the pool stands whenever a session takes a connection.
    """

    def __init__(
        self,
        uri: str,
        database: str,
        credentials: Callable[[], tuple[str, str]],
        pool: PoolSettings,
        breaker: CircuitBreaker | None = None,
        *,
        on_acquire: Callable[[PoolUse], None] = lambda _use: None,
    ) -> None:
        self._uri = uri
        self._database = database
        self._credentials = credentials
        self._pool = pool
        self._breaker = breaker or CircuitBreaker("neo4j")
        self._on_acquire = on_acquire
        self._driver: Driver | None = None
        self._opening = Lock()
        self._is_cluster = urlsplit(uri).scheme.startswith("neo4j")
        self._bookmarks: BookmarkManager | None = None
        self._probe = PatientProbe(self._breaker.name, lambda: self.ask("RETURN 1", _PROBE_S))

    def read(
        self, query: str, deadline: Deadline | None = None, *, replica_ok: bool = False, **parameters: Any
    ) -> list[Record]:
        """Run one read statement and return its records.

        It is an auto-commit transaction: one round trip, where a managed one takes two. In a cluster it goes to the
        leader, who knows of every write that was acknowledged to anybody: whoever wrote may be another environment,
        whose bookmarks nobody here has.

        Parameters:
            replica_ok: whether it need see no other environment's writes yet; a cluster's followers then take it.

        Raises:
            DeadlineExceeded: the deadline passed first.
            Unavailable: the server cannot be reached or refuses work.
        """
        until = _earliest(deadline, self._pool.query_timeout_s)
        return self._guarded(lambda: self._read(query, parameters, until, replica_ok=replica_ok), until)

    def write(self, work: Callable[[ManagedTransaction], Result]) -> Result:
        """Run work in one write transaction, again where the server asks for it, so it must be safe to repeat.

        The driver repeats what deadlocked; what lost a race for a node is repeated here.

        Raises:
            DeadlineExceeded: the invocation's deadline passed first; nothing is written.
            Unavailable: the server cannot be reached or refuses work.
        """
        from neo4j import unit_of_work  # noqa: PLC0415

        until = _earliest(None, _WRITE_TIMEOUT_S)

        def attempt() -> Result:
            timed = unit_of_work(timeout=until.remaining_s())(work)
            with self._session(until) as session:
                return session.execute_write(timed)

        racing = retrying(until, may_pass=lost_a_race, first_wait_s=0.02, longest_wait_s=0.2)
        return self._guarded(lambda: racing(attempt), until)

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
        until = _earliest(None, _SCHEMA_TIMEOUT_S)

        def attempt() -> list[Record]:
            with self._session(until) as session:
                return list(session.run(query, parameters))

        return self._guarded(attempt, until)

    def ask(self, query: str, within_s: float, **parameters: Any) -> list[Record]:
        """Run one read statement once, whatever the breaker says: for finding out how the server is.

        Raises:
            DeadlineExceeded: it took longer.
            Unavailable: the server cannot be reached or refuses work.
        """
        until = _earliest(None, within_s)
        return self._translated(lambda: self._read_once(query, parameters, until, replica_ok=True), until)

    def close(self) -> None:
        """Close all connections; the next query opens new ones."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _read(self, query: str, parameters: Any, until: Deadline, *, replica_ok: bool) -> list[Record]:
        attempts = retrying(
            until, may_pass=is_retryable, first_wait_s=0.05, longest_wait_s=1, on_retry=self._breaker.retried
        )
        return attempts(self._read_once, query, parameters, until, replica_ok=replica_ok)

    def _read_once(self, query: str, parameters: Any, until: Deadline, *, replica_ok: bool) -> list[Record]:
        from neo4j import READ_ACCESS, WRITE_ACCESS, Query  # noqa: PLC0415

        timed = Query(query, timeout=until.remaining_s())
        access = READ_ACCESS if replica_ok or not self._is_cluster else WRITE_ACCESS
        with self._session(until, default_access_mode=access) as session:
            return list(session.run(timed, parameters))

    def _session(self, until: Deadline, **config: Any) -> AbstractContextManager[Session]:
        driver = self._open()
        return bounded_session(
            driver,
            until,
            on_acquire=lambda waited_s: self._on_acquire(pool_use(driver, waited_s)),
            **self._session_config(until),
            **config,
        )

    def _session_config(self, until: Deadline) -> dict[str, Any]:
        left_s = until.remaining_s()
        config: dict[str, Any] = {
            "database": self._database,
            "connection_acquisition_timeout": min(self._pool.acquisition_timeout_s, left_s),
            "max_transaction_retry_time": min(self._pool.max_retry_time_s, left_s),
        }
        if self._is_cluster:
            config["bookmark_manager"] = self._own_writes()
        return config

    def _own_writes(self) -> BookmarkManager:
        """Return what makes a replica wait for the writes of this environment before it answers it."""
        if self._bookmarks is None:
            from neo4j import GraphDatabase  # noqa: PLC0415

            self._bookmarks = GraphDatabase.bookmark_manager()
        return self._bookmarks

    def _open(self) -> Driver:
        with self._opening:  # of two threads that begin at once, one opens what both use
            if self._driver is None:
                self._driver = self._opened()
            return self._driver

    def _opened(self) -> Driver:
        from neo4j import GraphDatabase, NotificationMinimumSeverity  # noqa: PLC0415

        return GraphDatabase.driver(
            self._uri,
            auth=self._credentials(),
            max_connection_pool_size=self._pool.max_size,
            connection_acquisition_timeout=self._pool.acquisition_timeout_s,
            max_transaction_retry_time=self._pool.max_retry_time_s,
            liveness_check_timeout=self._pool.liveness_check_s,
            max_connection_lifetime=self._pool.max_lifetime_s,
            connection_timeout=self._pool.connect_timeout_s,
            notifications_min_severity=NotificationMinimumSeverity.OFF,
            telemetry_disabled=True,
        )

    def _guarded(self, attempt: Callable[[], Result], until: Deadline) -> Result:
        is_fair = until.remaining_s() >= 0.9 * min(_FAIR_TIME_S, self._pool.query_timeout_s)

        def is_failure(error: Exception) -> bool:
            return says_something_of_the_server(error) and (is_fair or not isinstance(error, DeadlineExceeded))

        return self._breaker.call(
            lambda: self._translated(attempt, until),
            is_failure=is_failure,
            probe=self._probe,
        )

    def _translated(self, attempt: Callable[[], Result], until: Deadline) -> Result:
        from neo4j.exceptions import AuthError  # noqa: PLC0415

        with translated_errors(until):
            driver = self._open()
            try:
                return attempt()
            except AuthError:  # The driver's AuthManager is told nothing of a connection that could not be opened.
                self._replace(driver)
                return attempt()

    def _replace(self, refused: Driver) -> None:
        """Close the driver whose credentials were refused, unless another thread did and works with the next."""
        with self._opening:
            if self._driver is not refused:
                return
            self._driver = None
        refused.close()


def _earliest(deadline: Deadline | None, limit_s: float) -> Deadline:
    """Return the first to pass of a deadline, that of the invocation, and a limit from now."""
    limit = (deadline or Deadline.after(limit_s)).within(limit_s)
    invocation = Deadline.current()
    return limit if invocation is None or limit.at_s <= invocation.at_s else invocation
