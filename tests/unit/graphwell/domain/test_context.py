"""Putting together what an answer is made from."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.chunks import ChunkDraft, chunk_id, with_pages
from graphwell.domain.citing import cite
from graphwell.domain.context import Context, Dropped, assemble, estimated_tokens
from graphwell.domain.passages import Passage

TEXT = "The pump is old.  The boiler is hot.\n\nThe valve leaks. The tank is dry. A pipe bends."
SPANS = [(0, 16), (18, 36), (38, 54), (55, 71), (72, 85)]
OVERLAPPING = [(0, 36), (18, 54), (38, 71), (55, 85)]
PAGE_STARTS = (0, 38, 72)


def passages(
    document: str, spans: Sequence[tuple[int, int]] = SPANS, *, text: str = TEXT, version: int = 1
) -> list[Passage]:
    """Return the chunks of a document with three pages."""
    drafts = [ChunkDraft(number, text[start:end], start, end) for number, (start, end) in enumerate(spans)]
    return [
        Passage(
            document, chunk_id(document, version, each.ordinal), "Title", each.text, each.start, each.end, 0.0,
            page=each.page, page_breaks=each.page_breaks,
        )
        for each in with_pages(drafts, PAGE_STARTS)
    ]  # fmt: skip


def ordinals(context: Context) -> list[list[int]]:
    return [[int(part.chunk_id.rpartition("~")[2]) for part in block.parts] for block in context.blocks]


def test_neighbours_become_one_block_in_the_order_of_the_document_where_the_best_of_them_stands() -> None:
    chunks = passages("a")
    context = assemble([chunks[4], chunks[1], chunks[2], chunks[0]])
    assert ordinals(context) == [[4], [0, 1, 2]]
    assert context.blocks[1].text == "The pump is old.\n\nThe boiler is hot.\n\nThe valve leaks."
    assert [passage.chunk_id for passage in context.passages] == ["a~1~4", "a~1~1", "a~1~2", "a~1~0"]


def test_chunks_of_other_documents_or_versions_are_no_neighbours() -> None:
    first, second = passages("a")[:2], passages("b")[:2]
    newer = passages("a", version=2, text=TEXT.upper().replace("PUMP", "CRANE").replace("BOILER", "LIFT"))[:2]
    context = assemble([first[0], second[1], newer[1]])
    assert len(context.blocks) == 3


def test_a_text_that_stands_twice_is_given_once_white_space_and_case_aside() -> None:
    first = passages("a")[0]
    again = passages("b", [(0, 18)], text="the PUMP\n is old. ")[0]
    context = assemble([first, again])
    assert context.passages == (first,)
    assert context.dropped == ((again, Dropped.DUPLICATE),)


def test_what_does_not_fit_leaves_room_for_shorter_passages() -> None:
    long = passages("a", [(0, 300)], text="word " * 60)[0]
    short = passages("b")[:2]
    budget = sum(estimated_tokens(each.title) + estimated_tokens(each.text) for each in short)
    context = assemble([short[0], long, short[1]], budget)
    assert list(context.passages) == short
    assert context.dropped == ((long, Dropped.OVER_BUDGET),)
    assert len(assemble(short, budget - 1).passages) == 1


def test_nothing_read_is_nothing_given() -> None:
    assert assemble([]) == Context()


def test_what_two_chunks_share_stands_once() -> None:
    (block,) = assemble(passages("a", OVERLAPPING)).blocks
    assert block.text == TEXT


@given(st.permutations(range(5)), st.integers(1, 5), st.sampled_from([SPANS, OVERLAPPING]))
def test_every_part_is_the_documents_text_on_its_page_and_parts_never_overlap(
    order: list[int], count: int, spans: list[tuple[int, int]]
) -> None:
    chunks = passages("a", spans)
    context = assemble([chunks[place] for place in order if place < len(chunks)][:count])
    for block in context.blocks:
        for part in block.parts:
            assert part.text == TEXT[part.start : part.end]
            assert part.page == sum(start <= part.start for start in PAGE_STARTS)
            assert part.page_breaks == tuple(each for each in PAGE_STARTS if part.start < each < part.end)
        for before, after in zip(block.parts, block.parts[1:], strict=False):
            assert before.end <= after.start
            assert not TEXT[before.end : after.start].strip()
    assert sum(len(block.parts) for block in context.blocks) <= len(context.passages)


def test_a_citation_of_a_block_is_of_the_chunk_that_holds_the_sentence() -> None:
    chunks = passages("a")
    cited = cite("The valve leaks, they say [1].", assemble([chunks[1], chunks[2], chunks[3]]).blocks)
    (citation,) = cited.citations
    assert (citation.chunk_id, citation.quote, citation.page) == ("a~1~2", "The valve leaks.", 2)
    assert TEXT[citation.start : citation.end] == citation.quote


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_estimate_is_never_less_than_one_token_for_three_bytes(text: str) -> None:
    assert estimated_tokens(text) * 3 >= len(text.encode())
