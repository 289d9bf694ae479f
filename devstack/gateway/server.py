"""HTTP servers inside the stack's event loop, on sockets that are opened first."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from devstack.errors import DevstackError

_GRACE_S = 5


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes a free one.

    Raises:
        DevstackError: the port is taken, or the host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; left out, each reply waits some 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise DevstackError(
                f"Port {port} of {host} is taken; stop what uses it or choose another with --port."
            ) from error
        raise DevstackError(f"The gateway cannot listen on {host}:{port}: {error.strerror}.") from error
    return listener


class _Server(uvicorn.Server):
    """uvicorn that leaves the process's signals to the stack."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves an ASGI application."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        """Serve `app` on an open socket."""
        self._listener = listener
        self._server = _Server(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve in the background."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]))

    async def stop(self) -> None:
        """Finish the requests under way, within a few seconds, and close the socket."""
        self._server.should_exit = True
        if self._task is None:
            self._listener.close()
        else:
            await self._task
