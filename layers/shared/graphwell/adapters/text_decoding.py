"""Finds the character set of a text file and decodes it."""

from __future__ import annotations

import codecs
import re

from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault

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
_MAX_WESTERN_SHARE = 0.3


def decode(data: bytes, *, is_markup: bool) -> str:
    """Return the text of a file.

    The character set is, in this order: what a byte order mark says, what the markup declares, UTF-8 when the bytes are
    valid UTF-8, the one that their statistics speak for, Windows-1252.

    Parameters:
        data: the file's bytes.
        is_markup: whether to look for a declaration in an HTML `meta` element or the XML prologue.

    Raises:
        UnreadableFile: the bytes are no text, or of a character set that cannot be told.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if len(data) - len(data.translate(None, _BINARY_BYTES)) > len(data) * _MAX_BINARY_SHARE:
        raise UnreadableFile(
            FileFault.MISLABELLED, "The file holds binary data, not text; upload it with the media type that it has."
        )
    declared = _declared_encoding(data) if is_markup else None
    if declared:
        return data.decode(declared, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_guessed(data)


def _decode_guessed(data: bytes) -> str:
    """Return text of a character set that charset-normalizer finds, else of Windows-1252.

    Western text has few bytes beyond ASCII, and short pieces of it are taken for anything: there a guess counts only
    when its letters occur as often as in a language. Text in another script has many, and nothing to fall back to.
    """
    from charset_normalizer import from_bytes  # noqa: PLC0415  (only `extract` has it, and UTF-8 needs it not)

    guess = from_bytes(data).best()
    is_western = sum(byte > 127 for byte in data) <= len(data) * _MAX_WESTERN_SHARE  # noqa: PLR2004
    if guess is not None and (guess.coherence > 0 or not is_western):
        return data.decode(guess.encoding, errors="replace")
    if not is_western:
        raise UnreadableFile(
            FileFault.ENCODING, "The character set of the file cannot be told; save it as UTF-8 and upload it again."
        )
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
