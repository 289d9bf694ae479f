"""Tells headings, lists and tables of a printed page by where its text stands and how large it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from graphwell.adapters.files.text_assembly import markdown_table

_BULLET = re.compile(r"^[•‣▪▫●○◦■□➢➤✓\u2013·∙\uf0b7\uf0a7](?:\s+|$)")
_NUMBER = re.compile(r"^\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]$")
_RULE = re.compile(r"^[-=_*~.\s]{3,}$")
_HEADING_SIZE = 1.12
_LONGEST_HEADING = 150
_LONGEST_BOLD = 80
_DEEPEST_BY_SIZE = 3
_NEW_PARAGRAPH = 0.7
"""Gap between two lines, over the size of their letters, that begins a paragraph."""
_LONG_PIECE = 30
_PROSE_ROWS = 4
"""Rows with two long pieces side by side that make a page one of columns; tables have short cells."""


@dataclass(slots=True)
class Piece:
    """Text on one line without a wide gap in it; lengths are points, from the lower left corner of the page."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    is_bold: bool

    @property
    def middle(self) -> float:
        """Height of the line's middle."""
        return (self.bottom + self.top) / 2


Row = list[Piece]


@dataclass(frozen=True, slots=True)
class UsualType:
    """What most of a document is set in.

    Parameters:
        sizes: those larger than most of the text, largest first.
        is_bold: whether most of the text is bold, so that it tells nothing.
    """

    sizes: tuple[int, ...]
    is_bold: bool

    def level(self, row: Row) -> int:
        """Return the level of the heading that a row is, 0 when it is none."""
        text = _text(row)
        if len(row) > 1 or len(text) > _LONGEST_HEADING or not any(map(str.isalpha, text)) or text.endswith((",", ";")):
            return 0
        size = round(row[0].size)
        if size in self.sizes:
            return min(self.sizes.index(size) + 1, _DEEPEST_BY_SIZE)
        is_bold_line = row[0].is_bold and not self.is_bold and not text.endswith(".") and len(text) <= _LONGEST_BOLD
        return self.bold_level if is_bold_line else 0

    @property
    def bold_level(self) -> int:
        """Level of a heading that is bold and no larger than the text."""
        return min(len(self.sizes), _DEEPEST_BY_SIZE) + 1


def usual_type(pieces: Iterable[Piece]) -> UsualType:
    """Return what most of a document is set in."""
    sizes: Counter[int] = Counter()
    weights: Counter[bool] = Counter()
    for piece in pieces:
        sizes[round(piece.size)] += len(piece.text)
        weights[piece.is_bold] += len(piece.text)
    body = sizes.most_common(1)[0][0] if sizes else 0
    larger = sorted((size for size in sizes if size >= body * _HEADING_SIZE and size > body), reverse=True)
    return UsualType(tuple(larger), weights[True] > weights[False])


def page_markdown(pieces: Sequence[Piece], usual: UsualType) -> str:
    """Return a page as Markdown.

    Lines are put in order from top to bottom, unless columns of prose stand side by side: then the order of the file
    is kept, which follows the columns.
    """
    rows = _rows_by_height(pieces)
    if sum(_has_prose_side_by_side(row) for row in rows) >= _PROSE_ROWS:
        rows = _rows_in_file_order(pieces)
    blocks = []
    for is_table, group in groupby(rows, key=lambda row: len(_without_marker(row)) > 1):
        run = list(group)
        table = _table(run) if is_table and len(run) > 1 else ""
        blocks.append(table or "\n".join(_lines(run, usual)).strip())
    return "\n\n".join(blocks)


def _rows_by_height(pieces: Sequence[Piece]) -> list[Row]:
    rows: list[Row] = []
    for piece in sorted(pieces, key=lambda piece: -piece.middle):
        if rows and abs(rows[-1][0].middle - piece.middle) < min(piece.size, rows[-1][0].size) / 2:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _rows_in_file_order(pieces: Sequence[Piece]) -> list[Row]:
    return [[piece] for piece in pieces]


def _has_prose_side_by_side(row: Row) -> bool:
    return sum(len(piece.text) >= _LONG_PIECE for piece in row) > 1


def _without_marker(row: Row) -> Row:
    """Return a row without the bullet or number that stands alone before a list item."""
    first = row[0].text.strip()
    return row[1:] if len(row) > 1 and (_BULLET.match(first) or _NUMBER.match(first)) else row


def _table(rows: Sequence[Row]) -> str:
    """Return rows as a table whose columns are parted where no piece of any row stands; empty when there is but one."""
    columns = _columns(rows)
    if len(columns) == 1:
        return ""
    cells = [["" for _ in columns] for _ in rows]
    for row, line in zip(rows, cells, strict=True):
        for piece in row:
            place = next(place for place, (left, right) in enumerate(columns) if left <= piece.left <= right)
            line[place] = f"{line[place]} {piece.text}".strip()
    return markdown_table(cells)


def _columns(rows: Sequence[Row]) -> list[tuple[float, float]]:
    columns: list[tuple[float, float]] = []
    for left, right in sorted((piece.left, piece.right) for row in rows for piece in row):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns


def _lines(rows: Sequence[Row], usual: UsualType) -> Iterator[str]:
    """Yield the lines of rows that are no table, a blank one before each paragraph and around headings."""
    for level, group in groupby(rows, key=usual.level):
        run = list(group)
        if level and not (level == usual.bold_level and len(run) > 1):  # bold lines in a row are an address or the like
            yield from (line for heading in _paragraphs(run) for line in ("", f"{'#' * level} {' '.join(heading)}"))
        else:
            yield from (line for paragraph in _paragraphs(run) for line in ("", *paragraph))


def _paragraphs(rows: Sequence[Row]) -> Iterator[list[str]]:
    """Yield the lines of each paragraph. A rule is one of its own: under a line of text it would make it a heading."""
    lines: list[str] = []
    above: Row | None = None
    for row in rows:
        text = _text(row)
        is_rule = bool(_RULE.match(text))
        if lines and above and (is_rule or _is_apart(above, row)):
            yield lines
            lines = []
        above = None if is_rule else row
        if text:
            lines.append(text)
        if is_rule:
            yield lines
            lines = []
    if lines:
        yield lines


def _is_apart(above: Row, row: Row) -> bool:
    gap = above[0].bottom - row[0].top
    return gap > _NEW_PARAGRAPH * row[0].size or gap < -row[0].size * 2


def _text(row: Row) -> str:
    text = " ".join(" ".join(piece.text for piece in row).split())
    return _BULLET.sub("- ", text)
