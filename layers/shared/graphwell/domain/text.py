"""What text is accepted, and in which form it is kept."""

from __future__ import annotations

import re
import unicodedata

from graphwell.domain.errors import InvalidInput

_REFUSED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters (Unicode category Cc) but tab, line feed, form feed and carriage return; lone surrogates (Cs)."""


def accept_text(value: str, field: str, *, max_length: int) -> str:
    """Return the text in Unicode NFC, which is how it is stored, searched and cited; nothing else about it changes.

    Parameters:
        value: text as it came.
        field: its path in the request, for the error.
        max_length: most characters (code points) that are accepted.

    Raises:
        InvalidInput: blank text, too long a text, a lone surrogate, or a control character other than tab,
            line feed, form feed and carriage return.
    """
    if len(value) > max_length:
        raise InvalidInput(field, f"At most {max_length} characters are accepted; this has {len(value)}.")
    if refused := _REFUSED.search(value):
        code = ord(refused.group())
        kind = "a lone surrogate" if code >= 0xD800 else "a control character"  # noqa: PLR2004
        raise InvalidInput(field, f"Character {refused.start()} is {kind} (U+{code:04X}); remove or replace it.")
    if not value.strip():
        raise InvalidInput(field, "The text is empty; send at least one visible character.")
    return unicodedata.normalize("NFC", value)
