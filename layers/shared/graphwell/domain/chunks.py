"""Chunks: the pieces of a document that are embedded, searched and cited."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ChunkDraft:
    """A piece of a document's text.

    Parameters:
        ordinal: position among the document's chunks, from 0.
        text: exactly `document.text[start:end]`.
        start, end: code point offsets into the document's text.
        headings: titles of the sections that the piece stands in, outermost first.
        page: number of the page on which it starts, from 1, where the source has pages.
        page_breaks: offsets into the document's text, within the piece, at which the pages after `page` start.
    """

    ordinal: int
    text: str
    start: int
    end: int
    headings: tuple[str, ...] = ()
    page: int | None = None
    page_breaks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored chunk as readers of the API see it."""

    id: str
    document_id: str
    version: int
    draft: ChunkDraft


def chunk_id(document_id: str, version: int, ordinal: int) -> str:
    """Return the id of a chunk, unique in the tenant: `~` cannot stand in a document id."""
    return f"{document_id}~{version}~{ordinal}"


def page_at(page: int | None, page_breaks: Sequence[int], offset: int) -> int | None:
    """Return the page of an offset, given the page on which its chunk starts and where the following ones do."""
    return page if page is None else page + bisect_right(page_breaks, offset)


def with_pages(drafts: Sequence[ChunkDraft], page_starts: Sequence[int]) -> tuple[ChunkDraft, ...]:
    """Return chunks that know their pages.

    Parameters:
        page_starts: offset at which each page starts, the first one first; a page without text starts where the next
            one does. Empty when the document has no pages.
    """
    if not page_starts:
        return tuple(drafts)
    placed = []
    for draft in drafts:
        first = max(1, bisect_right(page_starts, draft.start))
        breaks = page_starts[first : bisect_left(page_starts, draft.end)]
        placed.append(replace(draft, page=first, page_breaks=tuple(breaks)))
    return tuple(placed)


MAX_LEAD_LENGTH = 300
"""Characters of title and headings together, some 75 tokens: with a chunk of up to 400 they fit a window of 512."""


def embedding_text(title: str, headings: tuple[str, ...], text: str) -> str:
    """Return what is embedded for a chunk: its text under its document's title and its section headings.

    A heading that the text already begins with is not repeated, and the lead is cut at `MAX_LEAD_LENGTH`.
    """
    beginning = text.lstrip("#* \t\n").casefold()
    lead = "\n".join(
        part for part in dict.fromkeys((title, *headings)) if part and not beginning.startswith(part.casefold())
    )
    return f"{lead[:MAX_LEAD_LENGTH]}\n{text}" if lead else text
