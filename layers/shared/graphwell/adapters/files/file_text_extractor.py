"""Gets the text out of a file of any supported type."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from graphwell.adapters.files.signatures import check_signature
from graphwell.adapters.files.text_assembly import too_long
from graphwell.adapters.markup_text_extractor import MarkupTextExtractor
from graphwell.domain.documents import MAX_TEXT_LENGTH
from graphwell.domain.files import CSV, DOCX, EPUB, PDF, PPTX, XLSX
from graphwell.ports import ExtractedText

_READERS = {
    CSV: "csv_reader.read_csv",
    DOCX: "docx_reader.read_docx",
    EPUB: "epub_reader.read_epub",
    PDF: "pdf_reader.read_pdf",
    PPTX: "pptx_reader.read_pptx",
    XLSX: "xlsx_reader.read_xlsx",
}


class FileTextExtractor:
    """TextExtractor port for every type of `domain.files`. Runs foreign parsers: use it behind `IsolatedReader`."""

    def extract(self, data: bytes, media_type: str) -> ExtractedText:
        """Return the text of a file; see the port."""
        check_signature(data, media_type)
        if media_type not in _READERS:
            extracted = MarkupTextExtractor().extract(data, media_type)
            if len(extracted.text) > MAX_TEXT_LENGTH:
                raise too_long()
            return extracted
        # A reader's library takes up to half a second to import, so only the one that is needed is.
        module, function = _READERS[media_type].split(".")
        read: Callable[[bytes], ExtractedText] = getattr(import_module(f"{__package__}.{module}"), function)
        return read(data)
