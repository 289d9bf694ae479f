"""Replies that trickle, over a real connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx2
import pytest

from graphwell.adapters.bounded_replies import bound_reply
from graphwell.domain.deadline import Deadline

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
PATIENCE_S = 20.0
"""Far above any deadline here, and what a client that is not bounded would wait for the next piece."""


@contextmanager
def trickling(pieces: int) -> Iterator[str]:
    """Give the address of a server that sends so many pieces of a reply, one every 20 ms, and then says nothing."""
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(HEAD)
            for _ in range(pieces):
                connection.sendall(b"x")
                if done.wait(0.02):
                    return
            done.wait()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join()


@pytest.mark.parametrize("pieces", [100_000, 3], ids=["trickles", "falls silent"])
def test_a_reply_that_never_ends_is_ended_at_the_deadline(pieces: int) -> None:
    with trickling(pieces) as url, httpx2.Client(event_hooks={"response": [bound_reply]}) as client:
        began = time.monotonic()
        with Deadline.after(0.5).held(), pytest.raises(httpx2.ReadTimeout):
            client.get(url, timeout=PATIENCE_S)
        assert time.monotonic() - began < PATIENCE_S


def test_a_reply_in_time_is_read_whole_and_leaves_no_timer() -> None:
    def serve(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        timers = _timers()
        with Deadline.after(60).held(), httpx2.Client(event_hooks={"response": [bound_reply]}) as client:
            assert client.get(f"http://127.0.0.1:{listener.getsockname()[1]}").text == "ok"
        thread.join()
    assert _timers() == timers


def _timers() -> int:
    return sum(isinstance(thread, threading.Timer) and not thread.finished.is_set() for thread in threading.enumerate())
