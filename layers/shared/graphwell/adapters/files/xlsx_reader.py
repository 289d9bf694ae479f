"""Excel workbooks, row by row, by openpyxl: memory does not follow what a sheet says of its own size."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook

from graphwell.adapters.files.archive import Archive
from graphwell.adapters.files.text_assembly import assembled, markdown_table, too_long
from graphwell.domain.documents import MAX_TEXT_LENGTH
from graphwell.ports import ExtractedText

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet


def read_xlsx(data: bytes) -> ExtractedText:
    """Return the cells of a workbook, each visible sheet a table under its name; formulas as their last results.

    Raises:
        UnreadableFile: see `Archive`, or there is no text in it.
    """
    Archive(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of extensions that openpyxl does not keep, which reading does not need
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    return assembled((part for sheet in sheets for part in _sheet(sheet)), title=book.properties.title)


def _sheet(sheet: ReadOnlyWorksheet) -> Iterator[str]:
    """Yield a sheet's name and its table, without the rows and columns that are empty."""
    sheet.reset_dimensions()  # a sheet may claim 17 billion cells for two
    rows: list[dict[int, str]] = []
    length = 0
    for values in sheet.iter_rows(values_only=True):
        row = {place: shown for place, value in enumerate(values) if (shown := _shown(value).strip())}
        if row:
            rows.append(row)
            length += sum(map(len, row.values()))
        if length > MAX_TEXT_LENGTH:
            raise too_long()
    if rows:
        columns = sorted(set().union(*rows))
        yield f"## {' '.join(sheet.title.split())}"
        yield markdown_table([[row.get(column, "") for column in columns] for row in rows])


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return f"{value:.15g}"
        case datetime():
            return str(value.date() if value.time() == time() else value.replace(microsecond=0))
        case _:
            return str(value)
