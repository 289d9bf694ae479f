"""Chunks as statements return them that are to be embedded, or read for the graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from graphwell.ports import UnembeddedChunk

if TYPE_CHECKING:
    from neo4j import Record


def unembedded_chunks(records: Iterable[Record]) -> list[UnembeddedChunk]:
    """Return the chunks of records with `id`, `title`, `headings` and `text`."""
    return [
        UnembeddedChunk(record["id"], record["text"], record["title"], tuple(record["headings"])) for record in records
    ]
