"""Arithmetic on spans of a text: cutting a long one into segments, keeping headings with what they head."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from graphwell.adapters.markdown_outline import Heading

Span = tuple[int, int]

_LONGEST_CLUSTER = 32
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_MAX_CARRIED_CHARACTERS = 200


def segments(text: str, cuts: Sequence[tuple[int, int]], limit: int) -> Iterator[Span]:
    """Yield consecutive spans that cover the text, none longer than `limit`, cut where its structure is coarsest.

    Parameters:
        cuts: (offset, rank) in the order of the text; lower ranks are better places to cut.
        limit: most code points in a span.
    """
    start = 0
    while len(text) - start > limit:
        first = bisect_right(cuts, start + limit // 2, key=lambda cut: cut[0])
        last = bisect_right(cuts, start + limit, key=lambda cut: cut[0])
        # Of equally good places the last one, which makes the fewest segments.
        best = min(cuts[first:last], key=lambda cut: (cut[1], -cut[0]), default=None)
        end = best[0] if best else _cut_in_block(text, start, start + limit)
        yield start, end
        start = end
    if start < len(text):
        yield start, len(text)


def _cut_in_block(text: str, start: int, end: int) -> int:
    middle = start + (end - start) // 2
    for mark in ("\n", ". ", "。", " "):
        found = text.rfind(mark, middle, end)
        if found >= 0:
            return found + len(mark)
    for cut in range(end, max(middle, end - _LONGEST_CLUSTER), -1):
        if not _inside_cluster(text[cut - 1], text[cut]):
            return cut
    return end


def _inside_cluster(before: str, after: str) -> bool:
    """Tell whether what a reader sees as one character spans the two."""
    return (
        bool(unicodedata.combining(after))
        or before in _JOINERS
        or after in _JOINERS
        or ord(after) in _SKIN_TONES
        or (before, after) == ("\r", "\n")
    )


def trimmed(text: str, span: Span) -> Span:
    """Return a span without the white space around it, but with all of its first line's indentation."""
    start, end = span
    body = text[start:end].rstrip()
    first = start + len(body) - len(body.lstrip())
    line = text.rfind("\n", 0, first) + 1
    return first if text[line:first].strip() else line, start + len(body)


def join_headings(text: str, spans: Sequence[Span], headings: Sequence[Heading]) -> Iterator[Span]:
    """Yield the spans with each heading that ends one moved to the beginning of the next.

    Only a run of ever deeper headings moves, and only short ones, so a span grows by a few lines at most.
    """
    carried: int | None = None
    for number, (start, end) in enumerate(spans):
        begin = start if carried is None else min(start, carried)
        carried = None
        if number + 1 < len(spans):
            carried = _trailing_headings(text, (begin, end), headings)
        if carried is None:
            yield begin, end
        elif body := text[begin:carried].rstrip():
            yield begin, begin + len(body)


def _trailing_headings(text: str, span: Span, headings: Sequence[Heading]) -> int | None:
    start, end = span
    first: Heading | None = None
    position = bisect_right(headings, end, key=lambda heading: heading.start)
    for heading in reversed(headings[max(0, position - 7) : position]):
        is_last = heading.end <= end and not text[heading.end : first.start if first else end].strip()
        deeper = first is None or heading.level < first.level
        if heading.start < start or not (is_last and deeper) or heading.end - heading.start > _MAX_CARRIED_CHARACTERS:
            break
        first = heading
    return first.start if first else None
