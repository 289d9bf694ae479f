"""Reads the text of files, whatever their age."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableTextError(Exception):
    """The file does not hold text, or cannot be read; the message is the reason for reports."""


@dataclass(frozen=True)
class DecodedText:
    """The text of a file; encoding is None for UTF-8 and else the name of the one that was assumed."""

    text: str
    encoding: str | None


def read_text(path: Path) -> DecodedText:
    """Return the text of a file: UTF-8, UTF-16 with a byte order mark, or else Windows-1252 or Latin-1.

    Raises:
        UnreadableTextError: it cannot be opened, or holds NUL bytes as only binary files do.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableTextError(f"cannot be read: {error.strerror}") from error
    return _decoded(content)


def _decoded(content: bytes) -> DecodedText:
    if content.startswith(_UTF16_MARKS):
        try:
            return DecodedText(content.decode("utf-16"), "UTF-16")
        except UnicodeDecodeError as error:
            raise UnreadableTextError("is not text: it starts like UTF-16 and goes on as something else") from error
    if b"\0" in content:
        raise UnreadableTextError("is not text: it holds NUL bytes")
    try:
        return DecodedText(content.decode("utf-8-sig"), None)
    except UnicodeDecodeError:
        pass
    try:
        return DecodedText(content.decode("cp1252"), "Windows-1252")
    except UnicodeDecodeError:
        return DecodedText(content.decode("latin-1"), "Latin-1")
