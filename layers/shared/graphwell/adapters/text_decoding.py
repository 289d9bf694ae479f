"""Finds the character set of a text file and decodes it."""

from __future__ import annotations

import codecs
import re

from graphwell.domain.errors import UnusableDocument

_BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,512}?charset\s{0,8}=\s{0,8}[\"']?\s{0,8}([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_XML_ENCODING = re.compile(rb"\A\s{0,64}<\?xml[^>]{0,256}?encoding\s{0,8}=\s{0,8}[\"']([A-Za-z0-9_:.-]{1,40})[\"']")
_DECLARED_WITHIN_BYTES = 4096
_BINARY_BYTES = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
_MAX_BINARY_SHARE = 0.01
_MAX_GUESSED_SHARE = 0.3


def decode(data: bytes, *, is_markup: bool) -> str:
    """Return the text of a file.

    The character set is, in this order: what a byte order mark says, what the markup declares, UTF-8 when the bytes are
    valid UTF-8, Windows-1252.

    Parameters:
        data: the file's bytes.
        is_markup: whether to look for a declaration in an HTML `meta` element or the XML prologue.

    Raises:
        UnusableDocument: the bytes are no text, or of a character set that cannot be told.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if len(data) - len(data.translate(None, _BINARY_BYTES)) > len(data) * _MAX_BINARY_SHARE:
        raise UnusableDocument("The file holds binary data, not text; upload it with the media type that it has.")
    declared = _declared_encoding(data) if is_markup else None
    if declared:
        return data.decode(declared, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_western(data)


def _decode_western(data: bytes) -> str:
    """Return Windows-1252 text, refused when so much of it is not ASCII that it must be in another script."""
    if sum(byte > 127 for byte in data) > len(data) * _MAX_GUESSED_SHARE:  # noqa: PLR2004
        raise UnusableDocument("The character set of the file cannot be told; save it as UTF-8 and upload it again.")
    return data.decode("cp1252", errors="replace")


def _declared_encoding(data: bytes) -> str | None:
    head = data[:_DECLARED_WITHIN_BYTES]
    found = _META_CHARSET.search(head) or _XML_ENCODING.match(head)
    if not found:
        return None
    try:
        codec = codecs.lookup(found.group(1).decode("ascii"))
        "".encode(codec.name)  # codecs such as `zip` and `hex` do not make text
    except (LookupError, TypeError, ValueError):
        return None
    # Bytes that could be read for a UTF-16 declaration in ASCII are not UTF-16; the HTML standard reads UTF-8.
    # What is declared as Latin-1 is Windows-1252 on the web (WHATWG Encoding, section 4.2).
    if codec.name.startswith(("utf-16", "utf-32", "utf-7", "idna", "punycode", "unicode", "raw-unicode")):
        return "utf-8"
    return "cp1252" if codec.name in {"iso8859-1", "ascii"} else codec.name
