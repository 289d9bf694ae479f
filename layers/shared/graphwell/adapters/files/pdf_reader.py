"""PDF files, by PDFium, the PDF engine of Chrome."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from graphwell.adapters.files.pdf_layout import Piece, page_markdown, usual_type
from graphwell.adapters.files.text_assembly import assembled, too_long
from graphwell.domain.documents import MAX_TEXT_LENGTH
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault
from graphwell.ports import ExtractedText

_HYPHEN_AT_LINE_END = 0x02
_NO_CHARACTER = frozenset({0, 0xFFFE, 0xFFFF})
_LINE_ENDS = frozenset({0x0A, 0x0D})
_SPACE = frozenset({0x20, 0xA0, 0x09})
_WIDE_GAP = 0.9
"""Gap in a line, over the height of its letters, that separates columns; words are 0.2 to 0.4 apart."""
_NAME_LENGTH = 128
_TITLE_OF_A_PROGRAM = re.compile(
    r"\.(?:docx?|xlsx?|pptx?|pdf|tex|dvi|indd|qxp|html?)$|^untitled|^\(?(?:anonymous|unspecified)|^microsoft ", re.I
)


def read_pdf(data: bytes) -> ExtractedText:
    """Return the text of a PDF page by page: headings by their size, lists, tables by the gaps between their columns.

    Raises:
        UnreadableFile: it needs a password, is damaged, or holds pictures of pages only.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise _cannot_open(error) from error
    pages = []
    length = 0
    for number in range(len(document)):
        pieces = _pieces(document, number)
        length += sum(len(piece.text) for piece in pieces)
        if length > MAX_TEXT_LENGTH:
            raise too_long()
        pages.append(pieces)
    if not length:
        raise UnreadableFile(
            FileFault.SCANNED, "The PDF holds pictures of pages and no text; run text recognition (OCR) over it first."
        )
    usual = usual_type(piece for page in pages for piece in page)
    title = document.get_metadata_value("Title")
    is_named = not _TITLE_OF_A_PROGRAM.search(title)
    texts = (page_markdown(page, usual) for page in pages)
    return assembled(texts, title=title if is_named else None, are_pages=True)


def _cannot_open(error: pypdfium2.PdfiumError) -> UnreadableFile:
    if error.err_code in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}:
        return UnreadableFile(FileFault.ENCRYPTED, "The PDF is encrypted; remove its password and upload it again.")
    return UnreadableFile(FileFault.CORRUPT, "The PDF is damaged or incomplete; save or print it to PDF anew.")


def _pieces(document: pypdfium2.PdfDocument, number: int) -> list[Piece]:
    """Return the pieces of text of a page in the order of the file; a page that cannot be read has none."""
    try:
        page = document[number]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []
    try:
        return list(_Characters(text_page.raw).pieces(text_page.count_chars()))
    finally:
        text_page.close()
        page.close()


class _Characters:
    """Reads the characters of a page; one buffer serves all calls."""

    def __init__(self, text_page: Any) -> None:
        self._page = text_page
        self._box = pdfium.FS_RECTF()
        self._name = ctypes.create_string_buffer(_NAME_LENGTH)
        self._flags = ctypes.c_int()

    def pieces(self, count: int) -> Iterator[Piece]:
        """Yield runs of characters on one line without a wide gap; a hyphenated word stays whole on its first line."""
        piece: Piece | None = None
        is_hyphenated = False
        for index in range(count):
            code = pdfium.FPDFText_GetUnicode(self._page, index)
            if code in _LINE_ENDS or (is_hyphenated and code in _SPACE):
                if piece:
                    yield piece
                piece, is_hyphenated = None, False
            elif code in _SPACE:
                if piece:
                    piece.text += " "
            elif code == _HYPHEN_AT_LINE_END:
                is_hyphenated = piece is not None
            elif piece and is_hyphenated:
                piece.text += chr(code)
            elif code not in _NO_CHARACTER:
                pdfium.FPDFText_GetLooseCharBox(self._page, index, self._box)
                if piece and _continues(piece, self._box):
                    piece.text += chr(code)
                    piece.right = max(piece.right, self._box.right)
                else:
                    if piece:
                        yield piece
                    piece = self._beginning(index, chr(code))
        if piece:
            yield piece

    def _beginning(self, index: int, character: str) -> Piece:
        """Begin a piece with the character that `_box` is of: its height, unlike its font's size, is what one sees."""
        box = self._box
        size = box.top - box.bottom or pdfium.FPDFText_GetFontSize(self._page, index)
        return Piece(character, box.left, box.right, box.bottom, box.top, size, self._is_bold(index))

    def _is_bold(self, index: int) -> bool:
        length = pdfium.FPDFText_GetFontInfo(self._page, index, self._name, _NAME_LENGTH, self._flags)
        name: bytes = self._name.raw[: min(length, _NAME_LENGTH)]
        return b"bold" in name.lower()


def _continues(piece: Piece, box: Any) -> bool:
    """Tell whether a character stands on the line of a piece, with no wide gap before it."""
    gap = box.left - piece.right
    middle = (box.top + box.bottom) / 2
    return bool(piece.bottom <= middle <= piece.top and -2 * piece.size <= gap <= _WIDE_GAP * piece.size)
