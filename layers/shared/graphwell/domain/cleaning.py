"""Cleaning text that came out of a file: a caller cannot be asked to correct it, so what is not text is left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_LINE_END = re.compile("\r\n?")
_LONGEST_MARK_RUN = 30
"""Combining marks on one letter that Unicode's stream-safe text format allows (UAX 15, section 13)."""

# Marks start at U+0300, so only runs of characters from there on need looking at one by one.
_POSSIBLE_MARKS = re.compile(f"[\u0300-\U0010ffff]{{{_LONGEST_MARK_RUN + 1},}}")


def cleaned_text(value: str) -> str:
    """Return text as it is kept: Unicode NFC, lines ended by a line feed, no control characters nor lone surrogates.

    Of more than 30 combining marks in a row the rest is left out: normalising sorts them, in time that grows with the
    square of their number (80,000 marks take 5 s).
    """
    text = _LINE_END.sub("\n", _NOT_TEXT.sub("", value))
    return unicodedata.normalize("NFC", _POSSIBLE_MARKS.sub(lambda run: "".join(_short_runs(run.group())), text))


def _short_runs(run: str) -> Iterator[str]:
    marks = 0
    for character in run:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _LONGEST_MARK_RUN:
            yield character
