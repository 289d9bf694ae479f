"""Cuts a stream of events into lines."""

from __future__ import annotations


class EventLines:
    """Puts the lines of an event stream together, however its bytes come.

    httpx's `iter_lines` also ends lines at U+2028 and its like, which JSON strings may hold as they are.
    """

    def __init__(self) -> None:
        self._rest = b""

    def read(self, part: bytes) -> list[str]:
        """Return the lines that a part of the stream completes."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        return [line.removesuffix(b"\r").decode("utf-8", "replace") for line in lines]
