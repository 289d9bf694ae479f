"""What an answer is made from: the passages that are read, put together as they stand in their documents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from graphwell.domain.passages import Passage

BUDGET_TOKENS = 32_000
"""Tokens of a language model's prompt that passages may take, by `estimated_tokens`."""

_BYTES_A_TOKEN = 3
"""A token of English is some four bytes of UTF-8, one of Chinese three: so the estimate is high rather than low."""

_SPACE = re.compile(r"\s+")


class Dropped(StrEnum):
    """Why a passage that was read is not given to the answerer."""

    DUPLICATE = "duplicate"
    """A better one holds the same text, white space and case aside."""
    OVER_BUDGET = "over_budget"


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring passages of one document, in its order; what two of them share stands in the first alone."""

    parts: tuple[Passage, ...]

    @property
    def title(self) -> str:
        """The document's title."""
        return self.parts[0].title

    @property
    def text(self) -> str:
        """The text to read. Between parts of which the white space is not known stands an end of line, or two."""
        text = self.parts[0].text
        for before, part in zip(self.parts, self.parts[1:], strict=False):
            text += "\n" * min(2, part.start - before.end) + part.text
        return text


@dataclass(frozen=True, slots=True)
class Context:
    """Blocks, that with the best passage first; and what was left out, by chunk.

    Parameters:
        passages: all that is given, best first, as they were found.
        standing: how far the best candidate of the search stood out, in standard deviations; None where that cannot be
            told.
    """

    blocks: tuple[Block, ...] = ()
    passages: tuple[Passage, ...] = ()
    dropped: tuple[tuple[Passage, Dropped], ...] = ()
    standing: float | None = None


def estimated_tokens(text: str) -> int:
    """Return how many tokens a text takes at most, for models whose tokenizer is not at hand."""
    return -(-len(text.encode()) // _BYTES_A_TOKEN)


def passage_tokens(passage: Passage) -> int:
    """Return how many tokens a passage takes at most, without what an answerer puts around it."""
    return estimated_tokens(passage.title) + estimated_tokens(passage.text)


def assemble(
    passages: Sequence[Passage], budget_tokens: int = BUDGET_TOKENS, *, standing: float | None = None
) -> Context:
    """Return the context of some passages.

    Passages are taken in their order as long as they fit; one that does not leaves room for shorter ones. Of those with
    the same text the first is taken. What is taken and stands next to each other becomes one block, which stands where
    the best of its passages does.

    Parameters:
        passages: best first.
        standing: see `Context`.
    """
    taken: list[Passage] = []
    dropped: list[tuple[Passage, Dropped]] = []
    texts: set[str] = set()
    for passage in passages:
        form = _SPACE.sub(" ", passage.text).strip().casefold()
        size = passage_tokens(passage)
        if form in texts:
            dropped.append((passage, Dropped.DUPLICATE))
        elif size > budget_tokens:
            dropped.append((passage, Dropped.OVER_BUDGET))
        else:
            taken.append(passage)
            texts.add(form)
            budget_tokens -= size
    return Context(_blocks(taken), tuple(taken), tuple(dropped), standing)


def _blocks(passages: Sequence[Passage]) -> tuple[Block, ...]:
    ranks = {passage.chunk_id: rank for rank, passage in enumerate(passages)}
    runs: list[list[Passage]] = []
    for passage in sorted(passages, key=lambda each: (_version(each), each.start)):
        if runs and _follows(runs[-1][-1], passage):
            runs[-1].append(passage)
        else:
            runs.append([passage])
    runs.sort(key=lambda run: min(ranks[passage.chunk_id] for passage in run))
    return tuple(Block(_without_overlap(run)) for run in runs)


def _without_overlap(run: Sequence[Passage]) -> tuple[Passage, ...]:
    parts = [run[0]]
    for passage in run[1:]:
        shared = parts[-1].end - passage.start
        if shared > 0:
            breaks = tuple(each for each in passage.page_breaks if each >= parts[-1].end)
            page = passage.page and passage.page + len(passage.page_breaks) - len(breaks)
            passage = replace(  # noqa: PLW2901  (the same passage, from where the one before it ends)
                passage, text=passage.text[shared:], start=passage.start + shared, page=page, page_breaks=breaks
            )
        if passage.text:
            parts.append(passage)
    return tuple(parts)


def _follows(before: Passage, after: Passage) -> bool:
    """Return whether a passage is the next chunk of the same version."""
    return _version(before) == _version(after) and _ordinal(after) == _ordinal(before) + 1


def _version(passage: Passage) -> str:
    return passage.chunk_id.rpartition("~")[0]


def _ordinal(passage: Passage) -> int:
    return int(passage.chunk_id.rpartition("~")[2])
