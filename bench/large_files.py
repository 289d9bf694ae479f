"""Files of every kind with some three million characters of text, near the four that a document may have."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pypdfium2
from openpyxl import Workbook

ROWS = 45_000


def large_file(ending: str, documents: Path) -> bytes:
    """Return a large file of a kind, most of them real files repeated.

    Parameters:
        ending: of the file's name, such as `.pdf`.
        documents: folder of real files.
    """
    office = documents / "office"
    if ending in {".md", ".txt"}:
        return (documents / "fastapi" / "release-notes.md").read_bytes() * 4
    if ending == ".html":
        return (office / "test_wikipedia.html").read_bytes() * 35
    makers: dict[str, Callable[[], bytes]] = {
        ".csv": _csv,
        ".pdf": lambda: _pdf(office / "test.pdf", 560),
        ".docx": lambda: _repeated(office / "test.docx", "word/document.xml", rb"<w:body>(.*?)<w:sectPr", 650),
        ".pptx": lambda: _repeated(
            office / "test.pptx", "ppt/presentation.xml", rb"<p:sldIdLst>(.*?)</p:sldIdLst>", 1700
        ),
        ".epub": lambda: _repeated(office / "test.epub", "", rb"<spine[^>]*>(.*?)</spine>", 12_000),
        ".xlsx": _xlsx,
    }
    return makers[ending]()


def _rows() -> list[list[object]]:
    return [
        [number, f"Customer {number % 977}", "Delivered to the door", number * 1.25, "EUR", "open"]
        for number in range(ROWS)
    ]


def _csv() -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows(_rows())
    return target.getvalue().encode()


def _xlsx() -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    for row in _rows():
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _pdf(source: Path, times: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    page = pypdfium2.PdfDocument(source)
    for _ in range(times):
        document.import_pages(page)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _repeated(source: Path, part: str, pattern: bytes, times: int) -> bytes:
    """Return an archive with what a pattern finds in one of its parts, an OPF file by default, repeated."""
    target = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == part or (not part and name.endswith(".opf")):
                found = re.search(pattern, content, re.DOTALL)
                assert found, f"{source} is not as this measurement expects it"
                content = content[: found.start(1)] + found.group(1) * times + content[found.end(1) :]
            new.writestr(name, content)
    return target.getvalue()
