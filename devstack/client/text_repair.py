"""Replaces characters that the API refuses, which old files and careless conversions leave in texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REFUSED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_FIRST_C1, _LAST_C1 = 0x80, 0x9F
_FIRST_SURROGATE = 0xD800


@dataclass(frozen=True)
class RepairedText:
    """A text that the API takes, of the same length as the original, and how many characters were replaced."""

    text: str
    replaced: int


def repair(text: str) -> RepairedText:
    """Replace control characters and lone surrogates one for one, so that offsets into the text stay true.

    U+0080 to U+009F are nearly always Windows-1252 read as Latin-1, and become what they were meant to be, as HTML
    parsers do; other control characters become spaces, and surrogates the replacement character.
    """
    repaired, replaced = _REFUSED.subn(_replacement, text)
    return RepairedText(repaired, replaced)


def _replacement(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code >= _FIRST_SURROGATE:
        return "\N{REPLACEMENT CHARACTER}"
    if _FIRST_C1 <= code <= _LAST_C1:
        return bytes([code]).decode("cp1252", errors="ignore") or " "
    return " "
