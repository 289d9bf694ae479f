"""Comma-separated values, whatever the comma is."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from graphwell.adapters.files.text_assembly import assembled, markdown_table, too_long
from graphwell.adapters.text_decoding import decode
from graphwell.domain.documents import MAX_TEXT_LENGTH
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault
from graphwell.ports import ExtractedText

_SEPARATORS = ",;\t|"
_HEAD_CHARACTERS = 16 * 1024


def read_csv(data: bytes) -> ExtractedText:
    """Return the rows as a Markdown table under the first one.

    Raises:
        UnreadableFile: the bytes are no text, are quoted wrongly, or hold no value.
    """
    text = decode(data, is_markup=False).removeprefix("\ufeff").replace("\0", "")
    if len(text) > MAX_TEXT_LENGTH:
        raise too_long()
    try:
        rows = [row for row in _rows(text) if any(value.strip() for value in row)]
    except csv.Error as error:
        raise UnreadableFile(FileFault.CORRUPT, f"The file is no CSV ({error}); check its quotation marks.") from error
    return assembled([markdown_table(rows)] if rows else [], title=None)


def _rows(text: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_TEXT_LENGTH)
    lines = text.splitlines(keepends=True)
    yield from csv.reader(lines, delimiter=_separator(text[:_HEAD_CHARACTERS]))


def _separator(head: str) -> str:
    """Return the separator that most evenly divides the first lines, a comma when none does.

    The standard library's Sniffer takes letters for separators and quadratic time over quotation marks.
    """
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    counts = {mark: [line.count(mark) for line in lines] for mark in _SEPARATORS}
    return max(_SEPARATORS, key=lambda mark: (min(counts[mark], default=0) > 0, sum(counts[mark])))
