"""Kinds of files that can be ingested."""

from __future__ import annotations

MAX_FILENAME_LENGTH = 255
MAX_FILE_SIZE_BYTES = 50 * 1024 * 1024
"""Largest upload."""

_MEDIA_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
}

MEDIA_TYPES = sorted(set(_MEDIA_TYPES.values()))

SUPPORTED_FILES = ", ".join(sorted(_MEDIA_TYPES))
"""File name endings, for error messages."""


def media_type_of(filename: str) -> str | None:
    """Return the media type that a file name's ending stands for, None when it is not supported."""
    _, dot, ending = filename.rpartition(".")
    return _MEDIA_TYPES.get(f".{ending.lower()}") if dot else None
