"""The environments of one function: started on demand up to a limit, used last-in first-out as Lambda does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil

from devstack.gateway.environments import ColdStart, Environment, InvokeResult
from devstack.gateway.function_view import FunctionSpec
from devstack.gateway.runtime_api import RuntimeFailure
from devstack.gateway.web_environment import StreamedReply, WebEnvironment


@dataclass
class FunctionPool:
    """Runs the invocations of one function.

    Parameters:
        function: what it runs.
        maximum: environments at most; a call beyond them waits for one to become free.
        create: makes an environment that has not started.
        starts: bounds how many environments of all functions start at once, since starting is CPU-bound.
    """

    function: FunctionSpec
    maximum: int
    create: Callable[[], Environment]
    starts: asyncio.Semaphore
    cold_starts: list[ColdStart] = field(default_factory=list)
    invocations: int = 0
    errors: int = 0
    _all: list[Environment] = field(default_factory=list)
    _idle: list[Environment] = field(default_factory=list)
    _waiting: deque[asyncio.Future[Environment]] = field(default_factory=deque)
    _starting: set[asyncio.Task[None]] = field(default_factory=set)
    _closed: bool = False

    @property
    def environments(self) -> tuple[Environment, ...]:
        """The environments whose process runs."""
        return tuple(environment for environment in self._all if environment.alive)

    async def invoke(self, payload: bytes, trace_id: str) -> InvokeResult:
        """Run the handler once, in a free environment or a new one."""
        self.invocations += 1
        try:
            environment = await self._acquire()
        except RuntimeFailure as failure:
            self.errors += 1
            return InvokeResult(failure.document, "Unhandled")
        try:
            result = await environment.invoke(payload, trace_id)
        except asyncio.CancelledError:
            await environment.stop(grace_s=0)  # its handler is still at work and must not be given another call
            raise
        finally:
            self._release(environment)
        self.errors += result.function_error is not None
        return result

    @asynccontextmanager
    async def streamed(self, payload: bytes, trace_id: str) -> AsyncIterator[StreamedReply]:
        """Run a function that serves HTTP once, and give its reply as it comes.

        Raises:
            RuntimeFailure: it could not be started, ended, or took longer than it may.
        """
        self.invocations += 1
        try:
            environment = await self._acquire()
            assert isinstance(environment, WebEnvironment), "a route that streams leads to such a function"  # noqa: S101
            try:
                async with environment.streamed(payload, trace_id) as reply:
                    yield reply
            finally:
                self._release(environment)
        except RuntimeFailure:
            self.errors += 1
            raise

    async def warm(self) -> None:
        """Have one environment ready.

        Raises:
            RuntimeFailure: it could not be initialised.
        """
        self._release(await self._acquire())

    async def stop(self) -> None:
        """End every environment; calls that wait for one fail."""
        self._closed = True
        for task in tuple(self._starting):
            task.cancel()
        await asyncio.gather(*tuple(self._starting), return_exceptions=True)
        await asyncio.gather(*(environment.stop() for environment in self._all))
        while self._waiting:
            self._fail_oldest(RuntimeFailure("Runtime.Stopped", "The local stack is stopping"))

    async def _acquire(self) -> Environment:
        while self._idle:
            environment = self._idle.pop()
            if environment.alive:
                return environment
        self._all = [environment for environment in self._all if environment.alive]
        if self._closed:
            raise RuntimeFailure("Runtime.Stopped", "The local stack is stopping")
        waiter: asyncio.Future[Environment] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._start_more()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._release(waiter.result())
            raise

    def _release(self, environment: Environment) -> None:
        if not environment.alive:
            self._all = [other for other in self._all if other.alive]
            self._start_more()
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(environment)
                return
        self._idle.append(environment)

    def _start_more(self) -> None:
        waiting = sum(not waiter.done() for waiter in self._waiting)
        room = self.maximum - len(self._all) - len(self._starting)
        for _ in range(min(room, waiting - len(self._starting)) if not self._closed else 0):
            task = asyncio.create_task(self._start_one())
            self._starting.add(task)

    async def _start_one(self) -> None:
        environment = self.create()
        try:
            async with self.starts:
                await environment.start()
        except (RuntimeFailure, OSError, psutil.Error) as error:
            self._ended_start()
            unstarted = RuntimeFailure("Runtime.StartFailed", f"The process could not be started: {error}")
            self._fail_oldest(error if isinstance(error, RuntimeFailure) else unstarted)
            self._start_more()
        except asyncio.CancelledError:
            await environment.stop(grace_s=0)
            raise
        else:
            if environment.cold_start is not None:
                self.cold_starts.append(environment.cold_start)
            self._all.append(environment)
            self._ended_start()
            self._release(environment)

    def _ended_start(self) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._starting.discard(task)

    def _fail_oldest(self, failure: RuntimeFailure) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(failure)
                return
