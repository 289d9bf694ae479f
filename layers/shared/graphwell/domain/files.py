"""Kinds of files that can be ingested, and what can be wrong with one."""

from __future__ import annotations

from enum import StrEnum

MAX_FILENAME_LENGTH = 255
MAX_FILE_SIZE_BYTES = 50 * 1024 * 1024
"""Largest upload."""

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EPUB = "application/epub+zip"
CSV = "text/csv"

_MEDIA_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".csv": CSV,
    ".pdf": PDF,
    ".docx": DOCX,
    ".pptx": PPTX,
    ".xlsx": XLSX,
    ".epub": EPUB,
}

MEDIA_TYPES = sorted(set(_MEDIA_TYPES.values()))

FILE_ENDINGS = tuple(sorted(_MEDIA_TYPES))

SUPPORTED_FILES = ", ".join(FILE_ENDINGS)
"""File name endings, for error messages."""


class FileFault(StrEnum):
    """Name of what makes a file unusable; the reason on its job begins with it."""

    ENCRYPTED = "encrypted"
    SCANNED = "scanned"
    EMPTY = "empty"
    CORRUPT = "corrupt"
    MISLABELLED = "mislabelled"
    ENCODING = "encoding"
    ARCHIVE_BOMB = "archive-bomb"
    UNSAFE_MARKUP = "unsafe-markup"
    TOO_LARGE = "too-large"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OVERTAKEN = "overtaken"
    UNSUPPORTED = "unsupported"


def media_type_of(filename: str) -> str | None:
    """Return the media type that a file name's ending stands for, None when it is not supported."""
    _, dot, ending = filename.rpartition(".")
    return _MEDIA_TYPES.get(f".{ending.lower()}") if dot else None
