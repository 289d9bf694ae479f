"""How many connections to Neo4j all environments of a deployment may hold at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphwell.domain.errors import InvalidInput

UNLIMITED_FUNCTIONS = 4
"""Environments that no parameter limits: two of `health`, which is polled, one of `reconcile`, one of `migrate`."""


@dataclass(frozen=True)
class ConnectionPlan:
    """Environments and their pools; an environment opens a pool's last connection only when it does that much at once.

    Parameters:
        pool_size: connections of one environment to a database at most.
        environments: environments at most, by the parameter that limits them.
        databases: databases of one server, for each of which an environment has a pool.
    """

    pool_size: int
    environments: Mapping[str, int]
    databases: int = 1

    @property
    def environment_count(self) -> int:
        """Environments at once, at most."""
        return sum(self.environments.values()) + UNLIMITED_FUNCTIONS

    @property
    def connections(self) -> int:
        """Connections to the server at once, at most: environments times pool times databases there."""
        return self.environment_count * self.pool_size * self.databases

    def refuse_above(self, ceiling: int) -> None:
        """Refuse a plan that wants more connections than the server takes.

        Raises:
            InvalidInput: it does; the detail says what would fit.
        """
        if self.connections <= ceiling:
            return
        fitting = ceiling // (self.environment_count * self.databases)
        smaller_pool = f"set Neo4jMaxPoolSize={fitting} or " if fitting else ""
        raise InvalidInput(
            "Neo4jConnectionCeiling",
            f"{self.environment_count} environments with pools of {self.pool_size} to {self.databases} of a server's "
            f"databases may open {self.connections} connections, and it takes {ceiling}; {smaller_pool}"
            f"lower {', '.join(self.environments)}.",
        )
