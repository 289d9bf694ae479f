"""Puts the parts of a file together, and keeps where each page starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from graphwell.adapters.markup_text_extractor import first_heading, shortened_title
from graphwell.domain.cleaning import cleaned_text
from graphwell.domain.documents import MAX_TEXT_LENGTH, ContentType
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault
from graphwell.ports import ExtractedText

_BETWEEN = "\n\n"
_SPACES = re.compile(r"\s+")


def assembled(parts: Iterable[str], *, title: str | None, are_pages: bool = False) -> ExtractedText:
    """Return Markdown made of parts, a blank line between them.

    Parameters:
        parts: in order; taken one after the other, so that reading ends when there are too many.
        title: what the file says of itself; without it the first heading is taken.
        are_pages: whether the parts are pages. Empty ones count, so that numbers are those of the file.

    Raises:
        UnreadableFile: there is no text, or more than a document may have.
    """
    texts: list[str] = []
    starts: list[int] = []
    length = 0
    for part in parts:
        text = cleaned_text(part).strip()
        starts.append(length + len(_BETWEEN) if texts else 0)
        if not text:
            continue
        length += len(text) + (len(_BETWEEN) if texts else 0)
        texts.append(text)
        if length > MAX_TEXT_LENGTH:
            raise too_long()
    if not texts:
        raise UnreadableFile(FileFault.EMPTY, "The file holds no text to search; upload one with visible text.")
    whole = _BETWEEN.join(texts)
    own = shortened_title(_SPACES.sub(" ", cleaned_text(title or "")).strip())
    page_starts = tuple(min(start, length) for start in starts) if are_pages else ()
    return ExtractedText(whole, ContentType.MARKDOWN, own or first_heading(whole), page_starts)


def too_long() -> UnreadableFile:
    """Return the fault of a file with more text than a document may have."""
    return UnreadableFile(
        FileFault.TOO_LARGE, f"The file has more than {MAX_TEXT_LENGTH:,} characters of text; split it into several."
    )


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table under the first one; short rows are filled, empty columns at the end go."""
    cleaned = [[_cell(value) for value in row] for row in rows]
    width = max((_used_width(row) for row in cleaned), default=0)
    if not width:
        return ""
    lines = ["| " + " | ".join((row + [""] * width)[:width]) + " |" for row in cleaned]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _cell(value: str) -> str:
    return _SPACES.sub(" ", value).strip().replace("|", "\\|")


def _used_width(row: Sequence[str]) -> int:
    return max((place for place, value in enumerate(row, start=1) if value), default=0)
