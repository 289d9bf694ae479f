"""Sharing chunks out to messages of about the same cost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from graphwell.domain.embed_batches import TOKENS_A_BATCH, TOKENS_A_CHUNK, WaitingChunk, embed_batches

LONGEST_CHUNK_BYTES = 8_000
MOST_CHUNKS = TOKENS_A_BATCH // TOKENS_A_CHUNK + 1


def chunks(*sizes_bytes: int) -> list[WaitingChunk]:
    return [WaitingChunk(f"a~1~{place}", "a", 1, size) for place, size in enumerate(sizes_bytes)]


def cost(batch: list[WaitingChunk]) -> float:
    return sum(TOKENS_A_CHUNK + chunk.size_bytes / 4 for chunk in batch)


@settings(deadline=None)
@given(st.lists(st.integers(0, LONGEST_CHUNK_BYTES), max_size=400))
def test_every_chunk_lies_in_one_batch_in_order_and_none_is_too_large(sizes: list[int]) -> None:
    given_chunks = chunks(*sizes)
    batches = embed_batches(given_chunks)
    assert [chunk for batch in batches for chunk in batch] == given_chunks
    assert all(0 < len(batch) <= MOST_CHUNKS for batch in batches)
    assert all(cost(batch) <= TOKENS_A_BATCH + cost(batch[:1]) + cost(batch[-1:]) for batch in batches)


@settings(deadline=None)
@given(st.lists(st.integers(400, 1_200), min_size=1, max_size=400))
def test_batches_of_ordinary_chunks_cost_about_the_same(sizes: list[int]) -> None:
    batches = embed_batches(chunks(*sizes))
    largest_chunk = TOKENS_A_CHUNK + 1_200 / 4
    costs = [cost(batch) for batch in batches]
    assert max(costs) - min(costs) <= 2 * largest_chunk
    assert len(batches) <= sum(costs) / TOKENS_A_BATCH + 1


def test_nothing_is_no_batch() -> None:
    assert embed_batches([]) == []


def test_short_chunks_fill_a_message_and_long_ones_share_several() -> None:
    assert [len(batch) for batch in embed_batches(chunks(*[0] * 100))] == [100]
    assert [len(batch) for batch in embed_batches(chunks(*[4_000] * 20))] == [7, 6, 7]
