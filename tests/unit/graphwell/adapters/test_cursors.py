"""Cursors of listings."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.adapters.cursors import decode_cursor, encode_cursor
from graphwell.domain.errors import InvalidInput

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=zones)  # noqa: DTZ001  # hypothesis adds the zone


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(moments, st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}", fullmatch=True))
def test_a_cursor_is_read_back_as_it_was_made(moment: datetime, identifier: str) -> None:
    cursor = encode_cursor(moment, identifier)
    assert decode_cursor(cursor) == (moment, identifier)
    assert cursor.replace("-", "").replace("_", "").isalnum()


NOW = datetime(2026, 1, 1, tzinfo=UTC).isoformat()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "===",
        "a b",
        "\u00e9",
        "\ud800",
        "\x00",
        "A" * 1_024,
        encode_cursor(datetime(2026, 1, 1, tzinfo=UTC), "a")[:-3],
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 700).decode(),
        encoded(None),
        encoded(7),
        encoded("ab"),
        encoded({}),
        encoded([]),
        encoded([NOW]),
        encoded([NOW, "a", "b"]),
        encoded([NOW, 7]),
        encoded([NOW, None]),
        encoded([7, "a"]),
        encoded(["yesterday", "a"]),
        encoded(["2026-01-01T00:00:00", "a"]),
        encoded(["0001-01-01T00:00:00+14:00", "a"]),
        encoded(["9999-12-31T23:59:59-14:00", "a"]),
        encoded([NOW, "\ud800"]),
    ],
)
def test_anything_else_is_refused_with_the_remedy(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="next_cursor") as refusal:
        decode_cursor(cursor)
    assert refusal.value.field == "cursor"


@given(st.text(max_size=60))
def test_garbage_never_breaks_it(text: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(text)
