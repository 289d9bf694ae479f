"""A TCP proxy that hands everything on, slowly, or refuses to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from devstack.ports import LOOPBACK

_PIECE_BYTES = 65_536


class FaultProxy:
    """Stands before a server that may move to another port, in a thread of its own.

    Parameters:
        port: where it listens.
        target: gives the server's port, asked for each connection.
    """

    def __init__(self, port: int, target: Callable[[], int]) -> None:
        self.port = port
        self.delay_s = 0.0
        """Time that each piece is held back, in both directions."""

        self.target = target
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.accept()

    @property
    def connections(self) -> int:
        """Connections that are open."""
        return len(self._connections)

    def accept(self) -> None:
        """Take connections."""
        self._run(self._listen())

    def refuse(self) -> None:
        """Cut all connections and take none: the port is closed."""
        self._run(self._close())

    def stop(self) -> None:
        """End it."""
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, reuse_address=True)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        upstream: asyncio.StreamWriter | None = None
        try:
            answers, upstream = await asyncio.open_connection(LOOPBACK, self.target())
            one_way = [asyncio.ensure_future(self._pump(reader, upstream))]
            one_way.append(asyncio.ensure_future(self._pump(answers, writer)))
            try:
                await asyncio.wait(one_way, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in one_way:
                    each.cancel()
        except OSError:
            pass  # the server is away: so is this connection
        finally:
            for end in (writer, upstream):
                if end is not None:
                    end.transport.abort()
            self._connections.discard(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(_PIECE_BYTES):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                sink.write(piece)
                await sink.drain()
