"""The whole local stack: servers, then the functions and the gateway of template.yaml in front of them."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from devstack.cloud import Cloud
from devstack.errors import DevstackError
from devstack.ports import LOOPBACK
from devstack.progress import Display
from devstack.services.moto import MotoService
from devstack.stack_options import GATEWAY, StackOptions, check_machine, local_parameters, take_public_port
from devstack.stack_parts import Parts
from devstack.state import ComponentState, DataFolder, Status

_MODEL = "model"
_MIGRATE_EVENT = Path("events") / "migrate.json"
_PROVISION_ATTEMPTS = 30


class Stack:
    """A stack on a data folder that this process holds.

    Parameters:
        options: what to run.
        display: where people see the progress.
        parts: what it is made of.
    """

    def __init__(self, options: StackOptions, display: Display, parts: Parts | None = None) -> None:
        self._options = options
        self._folder = DataFolder(options.data.resolve())
        previous = self._folder.read_state()
        self._remembered_ports = previous.ports if previous else {}
        self._port: int | None = None
        self._port_holder: socket.socket | None = None
        self._parts = parts or Parts()
        self._services = self._parts.servers(self._folder, display=display, on_restart=self._server_restarted)
        self._board = self._services.board
        self._cloud: Cloud | None = None

    @property
    def url(self) -> str | None:
        """Address of the API once it has started."""
        return self._cloud.url if self._cloud else None

    async def start(self) -> None:
        """Start everything and return when a request would be answered.

        Raises:
            DevstackError: something did not come up; what had started is stopped.
        """
        try:
            port, self._port_holder = take_public_port(self._options.port, self._remembered_ports)
            self._port = port
            self._board.remember_port(GATEWAY, port)
            await _together(self._services.start(), self._fetch_model())
            await self._start_cloud(port)
        except BaseException as error:
            await self.stop(str(error) if isinstance(error, DevstackError) else None)
            raise
        self._board.running(self.url)

    async def failed(self) -> None:
        """Wait until a server cannot be kept running.

        Raises:
            DevstackError: what is the matter with it.
        """
        await self._services.failed()

    async def stop(self, error: str | None = None) -> None:
        """Stop everything, gateway first; `error` says why when nobody asked for it."""
        if self._cloud:
            await self._cloud.stop()
            self._show(GATEWAY, Status.STOPPED)
        await self._services.stop()
        if self._port_holder:
            self._port_holder.close()
        self._board.stopped(error)

    async def _fetch_model(self) -> None:
        started = time.monotonic()
        self._show(_MODEL, Status.STARTING)
        await asyncio.to_thread(
            self._parts.fetch_model, lambda progress: self._show(_MODEL, Status.DOWNLOADING, str(progress))
        )
        self._show(_MODEL, Status.READY, f"in {time.monotonic() - started:.1f} s")

    async def _start_cloud(self, port: int) -> None:
        started = time.monotonic()
        self._show(GATEWAY, Status.STARTING, "functions")
        self._cloud = self._parts.cloud(
            template_path=self._options.template,
            endpoints=self._services.endpoints,
            data_dir=self._folder.root,
            log_dir=self._folder.log_dir,
            host=LOOPBACK,
            port=port,
            parameters={
                **local_parameters(self._services.endpoints, rate_limits=self._options.rate_limits),
                **self._options.parameters,
            },
            rate_limits=self._options.rate_limits,
            concurrency=self._options.concurrency,
        )
        await self._cloud.provision()
        await self._cloud.start()
        self._show(GATEWAY, Status.STARTING, "database schema")
        await self._migrate(self._cloud)
        self._show(GATEWAY, Status.READY, f"in {time.monotonic() - started:.1f} s, {self._cloud.url}")

    async def _migrate(self, cloud: Cloud) -> None:
        event = self._options.template.parent / _MIGRATE_EVENT
        outcome = await cloud.invoke("migrate", event.read_bytes())
        if outcome.function_error:
            raise DevstackError(
                f"The database schema could not be set up: {_reason(outcome.payload)} (logs in {self._folder.log_dir})."
            )

    async def _server_restarted(self, name: str) -> None:
        """Give moto its secrets back: it keeps them in memory only."""
        if name != MotoService.name or self._cloud is None:
            return
        for _ in range(_PROVISION_ATTEMPTS):
            with suppress(Exception):  # another server may be on its way back as well
                await self._cloud.provision()
                return
            await asyncio.sleep(self._parts.provision_wait_s)
        raise DevstackError("The secrets could not be given back to Secrets Manager after it had restarted.")

    def _show(self, component: str, status: Status, detail: str = "") -> None:
        port = self._port if component == GATEWAY else None
        self._board.show(component, ComponentState(status, detail, port=port))


async def run_stack(
    options: StackOptions,
    display: Display,
    *,
    on_ready: Callable[[str | None], None] = lambda _: None,
    parts: Parts | None = None,
) -> None:
    """Run a stack in this process, which must be in its main thread, until SIGTERM or SIGINT.

    Parameters:
        on_ready: called with the address of the API when everything answers.
        parts: what the stack is made of.

    Raises:
        StackRunningError: another process runs one on the same data folder.
        DevstackError: it did not come up, or cannot be kept running.
    """
    check_machine(options)
    with DataFolder(options.data.resolve()).held():
        stack = Stack(options, display, parts)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        if not await _until(stop, stack.start()):
            on_ready(stack.url)
            try:
                await _until(stop, stack.failed())
            except DevstackError as error:
                await stack.stop(str(error))
                raise
            await stack.stop()


def _reason(payload: bytes) -> str:
    """Return the sentence in a function's error document, without its stack trace, which is in its log."""
    try:
        message = json.loads(payload)["errorMessage"]
    except (ValueError, KeyError, TypeError):
        message = payload.decode(errors="replace")
    return str(message).rstrip(".")


async def _together(*work: Coroutine[Any, Any, None]) -> None:
    """Run coroutines at once; the first to fail cancels the others and its error is raised."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Run work to its end, or cancel it when stop is set; tell whether it was stopped."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if task.done():
        task.result()
        return False
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return True
