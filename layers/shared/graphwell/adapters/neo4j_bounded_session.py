"""A Neo4j session whose every step has to end in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from graphwell.domain.deadline import Deadline

if TYPE_CHECKING:
    from neo4j import Driver, Session


@contextmanager
def bounded_session(
    driver: Driver, deadline: Deadline, *, on_acquire: Callable[[float], None] = lambda _waited_s: None, **config: Any
) -> Iterator[Session]:
    """Give a session whose calls raise `ServiceUnavailable` once the deadline has passed.

    The driver has settings for the time that connecting and authenticating may take, and none for the wait for a reply:
    a server that is stopped, or a network that drops packets, would hold it until the server's keep-alive hint (two
    minutes by default) or for good. So each connection's socket has the deadline for as long as the session has the
    connection. This is not public API of the driver; test_neo4j_client.py stops a server to see that it holds.

    Parameters:
        on_acquire: told the seconds for which the session waited for each of its connections, also in vain.
        config: what `Driver.session` takes.
    """
    session: Any = driver.session(**config)
    connect, disconnect = session._connect, session._disconnect  # noqa: SLF001

    def connect_and_bound(*arguments: Any, **options: Any) -> None:
        began_s = time.perf_counter()
        try:
            connect(*arguments, **options)
        finally:
            on_acquire(time.perf_counter() - began_s)
        _bound(session, max(0.0, deadline.at_s - deadline.clock()))

    def unbound_and_disconnect(*arguments: Any, **options: Any) -> None:
        _bound(session, None)
        disconnect(*arguments, **options)

    session._connect, session._disconnect = connect_and_bound, unbound_and_disconnect  # noqa: SLF001
    with session:
        yield session


def _bound(session: Any, seconds: float | None) -> None:
    if connection := session._connection:  # noqa: SLF001
        connection.socket.set_read_deadline(seconds)
        connection.socket.set_write_deadline(seconds)
