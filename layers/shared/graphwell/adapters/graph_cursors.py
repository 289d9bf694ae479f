"""Pages of what the entity graph is read by, and their opaque cursors: what is read, and the rank of the last item."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from graphwell.adapters.cursors import no_cursor, packed, unpacked
from graphwell.domain.graph.reading import Rank

Item = TypeVar("Item")
Places = list[Rank | None]
"""Rank of the last item shown of each list that a cursor continues; None for a list that has ended."""


def encode_places(subject: str, places: Sequence[Rank | None]) -> str | None:
    """Return the cursor that continues lists after these items, None when all have ended."""
    return packed([_mark(subject), *places]) if any(place is not None for place in places) else None


def decode_places(cursor: str, subject: str, forms: Sequence[Rank]) -> Places:
    """Return where the lists of a cursor go on.

    Parameters:
        subject: what is read.
        forms: a rank of each list, whose types others of that list have too.

    Raises:
        InvalidInput: it is no cursor of these lists, or one of another subject.
    """
    found = unpacked(cursor)
    if not (isinstance(found, list) and len(found) == len(forms) + 1 and found[0] == _mark(subject)):
        raise no_cursor()
    places = [_place(place, form) for place, form in zip(found[1:], forms, strict=True)]
    if all(place is None for place in places):
        raise no_cursor()
    return places


def _mark(subject: str) -> str:
    """Return what tells subjects apart, which may be longer than an address takes."""
    return hashlib.sha256(subject.encode()).hexdigest()[:16]


def _place(place: object, form: Rank) -> Rank | None:
    if place is None:
        return None
    if not isinstance(place, list) or [type(part) for part in place] != [type(part) for part in form]:
        raise no_cursor()
    return tuple(place)


def page_after(
    items: Iterable[Item], rank: Callable[[Item], Rank], after: Rank | None, limit: int
) -> tuple[list[Item], Rank | None]:
    """Return the items that come after a rank, and the rank of the last of them, None when no more follow.

    Parameters:
        items: in any order.
        after: of the last item of the page before; empty for the first page, None for a list that has ended.
    """
    rest = [] if after is None else sorted((item for item in items if rank(item) > after), key=rank)
    return rest[:limit], rank(rest[limit - 1]) if len(rest) > limit else None
