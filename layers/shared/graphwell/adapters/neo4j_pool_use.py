"""How much of a driver's connection pool is in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neo4j import Driver


@dataclass(frozen=True, slots=True)
class PoolUse:
    """The pool of an environment as one session took its connection from it.

    Parameters:
        waited_s: until the connection was there, opened or tested if need be, or was given up.
        in_use: connections that sessions had, this one included.
        idle: open ones that nobody had.
    """

    waited_s: float
    in_use: int
    idle: int


def pool_use(driver: Driver, waited_s: float) -> PoolUse:
    """Return how a driver's pool stands, of all servers of a cluster together.

    The driver tells nobody, and this is no public API of it; test_neo4j_client.py sees that it holds.
    """
    pool: Any = driver._pool  # noqa: SLF001
    with pool.lock:
        states = [connection.in_use for connections in pool.connections.values() for connection in connections]
    return PoolUse(waited_s, in_use=sum(states), idle=len(states) - sum(states))
