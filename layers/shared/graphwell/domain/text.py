"""What text is accepted, and in which form it is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from graphwell.domain.errors import InvalidInput

_REFUSED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters (Unicode category Cc) but tab, line feed, form feed and carriage return; lone surrogates (Cs)."""

_LONGEST_MARK_RUN = 30
"""Combining marks on one letter that Unicode's stream-safe text format allows (UAX 15, section 13)."""

# Marks start at U+0300, so only runs of characters from there on need looking at one by one.
_POSSIBLE_MARKS = re.compile(f"[\u0300-\U0010ffff]{{{_LONGEST_MARK_RUN + 1},}}")


_PLAIN_NAME = re.compile(r"[\w .:@-]{1,80}\Z", re.ASCII)


def shown_name(name: str) -> str:
    """Return a field's name as errors show it; one that no field of ours could have may hold anything: "(name)"."""
    return name if _PLAIN_NAME.match(name) else "(name)"


def accept_text(value: str, field: str, *, max_length: int) -> str:
    """Return the text in Unicode NFC, which is how it is stored, searched and cited; nothing else about it changes.

    Parameters:
        value: text as it came.
        field: its path in the request, for the error.
        max_length: most characters (code points) that are accepted.

    Raises:
        InvalidInput: blank text, too long a text, a lone surrogate, a control character other than tab,
            line feed, form feed and carriage return, or more than 30 combining marks in a row: normalising sorts
            them, in time that grows with the square of their number (80,000 marks take 5 s).
    """
    if len(value) > max_length:
        raise InvalidInput(field, f"At most {max_length} characters are accepted; this has {len(value)}.")
    if refused := _REFUSED.search(value):
        code = ord(refused.group())
        kind = "a lone surrogate" if code >= 0xD800 else "a control character"  # noqa: PLR2004
        raise InvalidInput(field, f"Character {refused.start()} is {kind} (U+{code:04X}); remove or replace it.")
    if not value.strip():
        raise InvalidInput(field, "The text is empty; send at least one visible character.")
    if (place := _mark_too_many(value)) is not None:
        raise InvalidInput(
            field,
            f"Character {place} is one more combining mark in a row than the {_LONGEST_MARK_RUN} that Unicode allows;"
            " remove some.",
        )
    return unicodedata.normalize("NFC", value)


def accept_keys(keys: Iterable[str], field: str, *, max_length: int) -> Iterator[str]:
    """Give the keys of one mapping as `accept_text` returns them, in order.

    Raises:
        InvalidInput: one is not acceptable, or two are the same in that form.
    """
    accepted: set[str] = set()
    for key in keys:
        name = accept_text(key, field, max_length=max_length)
        if name in accepted:
            raise InvalidInput(field, "Two keys are the same text in Unicode NFC; send each key once.")
        accepted.add(name)
        yield name


def _mark_too_many(value: str) -> int | None:
    """Return the place of the first combining mark that follows `_LONGEST_MARK_RUN` others, None without one."""
    for run in _POSSIBLE_MARKS.finditer(value):
        marks = 0
        for place, character in enumerate(run.group(), start=run.start()):
            marks = marks + 1 if unicodedata.combining(character) else 0
            if marks > _LONGEST_MARK_RUN:
                return place
    return None
