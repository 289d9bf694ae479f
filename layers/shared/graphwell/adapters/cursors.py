"""Opaque cursors of listings: the sort key of the last item of a page."""

from __future__ import annotations

import base64
import json
from datetime import MAXYEAR, MINYEAR, datetime

from graphwell.domain.errors import InvalidInput


def encode_cursor(created_at: datetime, identifier: str) -> str:
    """Return the cursor that continues after the item with this key."""
    return base64.urlsafe_b64encode(json.dumps([created_at.isoformat(), identifier]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, str]:
    """Return the key that a cursor stands for.

    Raises:
        InvalidInput: it is not a cursor of a listing.
    """
    refusal = InvalidInput(
        "cursor", "This is no cursor of this listing; take `next_cursor` of the previous page, or leave it out."
    )
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        created_at, identifier = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(created_at)
    except (ValueError, TypeError) as error:
        raise refusal from error
    # Years that the driver cannot shift to UTC, and text that it cannot encode, never came from a listing.
    if moment.tzinfo is None or not MINYEAR < moment.year < MAXYEAR:
        raise refusal
    if not (isinstance(identifier, str) and identifier.isascii()):
        raise refusal
    return moment, identifier
