"""Document ids that the API accepts, made from paths and from ids of other systems.

An id is 1 to 200 of `A-Za-z0-9._:@-` and starts with a letter or digit. `@` introduces everything that is not
written as it is, and stands itself as `@40`; so no two texts share an id:

- `@hh` is one byte of UTF-8, in lower-case hexadecimal,
- `x@-` in front means that the rest would not have started with a letter or digit,
- `@.` near the end means that the text was too long, and is followed by its hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

MAX_ID_LENGTH = 200
_ACCEPTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}\Z")
_NOT_LITERAL = re.compile(r"[^A-Za-z0-9._/-]")
_HASH_LENGTH = 32


def is_accepted_id(text: str) -> bool:
    """Return whether the API takes text as a document id."""
    return _ACCEPTED.match(text) is not None


def path_document_id(path: str) -> str:
    """Return the document id of a relative path; two paths never share one.

    Parameters:
        path: with `/` between its parts; may hold any character, also the lone surrogates of undecodable file names.

    Example:
        >>> path_document_id("guide/first steps.md")
        'guide:first@20steps.md'
    """
    encoded = _NOT_LITERAL.sub(_escaped, path).replace("/", ":")
    if not encoded[:1].isalnum():
        encoded = f"x@-{encoded}"
    return encoded if len(encoded) <= MAX_ID_LENGTH else _shortened(encoded)


def collection_document_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """Return the API's document id for each id of a collection: the same where the API accepts it.

    No two ids of the collection share one.
    """
    known = list(dict.fromkeys(ids))
    mapped = {text: text for text in known if is_accepted_id(text)}
    taken = set(mapped)
    for text in known:
        if text not in mapped:
            mapped[text] = _free_id(path_document_id(text), taken)
            taken.add(mapped[text])
    return mapped


def _free_id(wanted: str, taken: set[str]) -> str:
    """Return wanted, hashed again for as long as an id that was accepted as it is happens to look the same."""
    while wanted in taken:
        wanted = _shortened(wanted)
    return wanted


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"@{byte:02x}" for byte in match.group().encode("utf-8", "surrogatepass"))


def _shortened(encoded: str) -> str:
    digest = hashlib.sha256(encoded.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{encoded[: MAX_ID_LENGTH - _HASH_LENGTH - 2]}@.{digest}"
