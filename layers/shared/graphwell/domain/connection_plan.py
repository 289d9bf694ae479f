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
        pool_size: connections of one environment at most.
        environments: environments at most, by the parameter that limits them.
    """

    pool_size: int
    environments: Mapping[str, int]

    @property
    def environment_count(self) -> int:
        """Environments at once, at most."""
        return sum(self.environments.values()) + UNLIMITED_FUNCTIONS

    @property
    def connections(self) -> int:
        """Connections at once, at most: environments times pool."""
        return self.environment_count * self.pool_size

    def refuse_above(self, ceiling: int) -> None:
        """Refuse a plan that wants more connections than the server takes.

        Raises:
            InvalidInput: it does; the detail says what would fit.
        """
        if self.connections <= ceiling:
            return
        fitting = ceiling // self.environment_count
        smaller_pool = f"set Neo4jMaxPoolSize={fitting} or " if fitting else ""
        raise InvalidInput(
            "Neo4jConnectionCeiling",
            f"{self.environment_count} environments with pools of {self.pool_size} may open {self.connections} "
            f"connections, and Neo4j takes {ceiling}; {smaller_pool}lower {', '.join(self.environments)}.",
        )
