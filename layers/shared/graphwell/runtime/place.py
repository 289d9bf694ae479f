"""Where a shard's database is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

DEFAULT_SHARD = "default"
"""Of all tenants that have no database of their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shard's database is.

    Parameters:
        shard: name of the shard.
        uri: bolt or neo4j address.
        database: name of the database there.
        credentials: gives (username, password), new ones when the server refused the last.
    """

    shard: str
    uri: str
    database: str
    credentials: Callable[[], tuple[str, str]]

    def of(self, part: str) -> str:
        """Return the name of a part of this shard, as health and logs show it: `neo4j`, or `neo4j@large`."""
        return part if self.shard == DEFAULT_SHARD else f"{part}@{self.shard}"
