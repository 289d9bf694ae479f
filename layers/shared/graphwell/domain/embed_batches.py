"""How chunks are shared out to queue messages, so that each takes about as long to embed as any other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TOKENS_A_BATCH = 10_000
"""Cost of one message, in tokens: about a second of local embedding on one core, so that a lost one costs little."""

TOKENS_A_CHUNK = 100
"""What a chunk costs besides its text: reading it and writing it to the graph and its indexes. It also keeps a message
to a hundred chunks, so that ten of them fit into one call of SQS (256 KiB) with the longest ids."""

_BYTES_A_TOKEN = 4
"""UTF-8 bytes of a token: English has 4.2 of them, Chinese 3, so that equal bytes take about equal time."""


@dataclass(frozen=True, slots=True)
class WaitingChunk:
    """A chunk of a staged version that is to be embedded.

    Parameters:
        size_bytes: length of what is embedded for it, in UTF-8.
    """

    id: str
    document_id: str
    version: int
    size_bytes: int


def embed_batches(chunks: Sequence[WaitingChunk]) -> list[list[WaitingChunk]]:
    """Return the chunks in order, in as few batches as the limit allows, all of about the same cost.

    A chunk lies in the batch where the middle of its cost falls, so no batch is more than one chunk over its share.
    """
    costs = [TOKENS_A_CHUNK + chunk.size_bytes / _BYTES_A_TOKEN for chunk in chunks]
    total = math.fsum(costs)
    batches: list[list[WaitingChunk]] = [[] for _ in range(math.ceil(total / TOKENS_A_BATCH))]
    before = 0.0
    for chunk, cost in zip(chunks, costs, strict=True):
        batches[int((before + cost / 2) / total * len(batches))].append(chunk)
        before += cost
    return [batch for batch in batches if batch]
