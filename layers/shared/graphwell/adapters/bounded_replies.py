"""Ends an HTTP reply that trickles: a client's read timeout bounds the wait for each piece, not for all of them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Timer
from typing import Any

import httpx2

from graphwell.domain.deadline import Deadline


def bound_reply(response: httpx2.Response) -> None:
    """Let the rest of a reply take no longer than the current deadline; a client's hook for responses.

    A reply that does take longer raises `httpx2.ReadTimeout` where it is read.
    """
    deadline = Deadline.current()
    network: Any = response.extensions.get("network_stream")
    connection = network.get_extra_info("socket") if network is not None else None
    if deadline is not None and connection is not None and isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _BoundedStream(response.stream, connection, deadline)


class _BoundedStream(httpx2.SyncByteStream):
    """Hands a stream on until the deadline, at which it shuts the socket down, which wakes whoever waits for it."""

    def __init__(self, stream: httpx2.SyncByteStream, connection: socket.socket, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self._timer = Timer(max(0.0, deadline.at_s - deadline.clock()), _shut_down, [connection])
        self._timer.daemon = True
        self._timer.start()

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except httpx2.TransportError as error:
            if self._deadline.at_s <= self._deadline.clock():
                raise httpx2.ReadTimeout("The reply took longer than it may.") from error
            raise

    def close(self) -> None:
        self._timer.cancel()
        self._stream.close()


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        connection.shutdown(socket.SHUT_RDWR)
