"""Execution environments: a process under awslambdaric that handles one invocation at a time."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from devstack.gateway.function_log import FunctionLog
from devstack.gateway.function_view import FunctionSpec
from devstack.gateway.runtime_api import Invocation, RuntimeApi, RuntimeFailure
from devstack.processes import ChildProcess, ProcessSpec

INIT_TIMEOUT_S = 60.0
"""Lambda allows 10 s; a laptop that starts a whole stack at once is several times slower."""


@dataclass(frozen=True)
class InvokeResult:
    """Outcome of an invocation: the reply's JSON, or the error document when `function_error` is set ("Unhandled")."""

    payload: bytes
    function_error: str | None = None
    request_id: str = ""


@dataclass(frozen=True)
class ColdStart:
    """Cost of one environment's start; the memory is the resident size when it asked for its first invocation."""

    init_ms: float
    rss_bytes: int


@dataclass
class _Report:
    """What Lambda's lines say of an invocation: `failure` is the type of its error, empty when it succeeded."""

    failure: str = ""


class Environment:
    """One process of a function."""

    def __init__(self, function: FunctionSpec, log: FunctionLog, variables: Callable[[str], Mapping[str, str]]) -> None:
        """Describe an environment; `start` runs it.

        Parameters:
            function: what it runs.
            log: where Lambda's own lines go.
            variables: gives the process's environment, for the address of its Runtime API.
        """
        self.cold_start: ColdStart | None = None
        self.invocations = 0
        self._function = function
        self._log = log
        self._variables = variables
        self._api = RuntimeApi()
        self._child: ChildProcess | None = None
        self._watch: asyncio.Task[None] | None = None
        self._process: psutil.Process | None = None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._child is not None and self._child.returncode is None

    @property
    def pid(self) -> int | None:
        """Process id, or None before the start."""
        return None if self._process is None else self._process.pid

    @property
    def rss_bytes(self) -> int:
        """Resident memory now; 0 when the process has ended."""
        try:
            return 0 if self._process is None else int(self._process.memory_info().rss)
        except psutil.Error:
            return 0

    async def start(self) -> None:
        """Start the process and wait until it can take its first invocation.

        Raises:
            RuntimeFailure: the handler could not be imported, the process ended, or it took longer than INIT_TIMEOUT_S.
        """
        variables = await self._open()
        self._child = ChildProcess(
            ProcessSpec(
                name=self._function.short_name,
                argv=self._argv(),
                env=variables,
                cwd=self._function.folder,
                log_path=self._log.path,
            )
        )
        began = time.perf_counter()
        await self._child.start()
        with suppress(psutil.NoSuchProcess):  # it may have ended already, and then nothing is left of it to look at
            self._process = psutil.Process(self._child.pid)
        self._watch = asyncio.create_task(self._watch_exit(self._child))
        try:
            async with asyncio.timeout(INIT_TIMEOUT_S):
                await self._initialised()
        except (TimeoutError, RuntimeFailure) as error:
            failure = error if isinstance(error, RuntimeFailure) else _init_timeout()
            self._log.init_failed(str(failure))
            await self.stop(grace_s=0)
            raise failure from error
        self.cold_start = ColdStart((time.perf_counter() - began) * 1000, self.rss_bytes)

    async def invoke(self, payload: bytes, trace_id: str) -> InvokeResult:
        """Run the handler once. A timeout or a crash ends the environment and is reported as Lambda reports it."""
        request_id = str(uuid.uuid4())
        deadline_ms = int((time.time() + self._function.timeout_s) * 1000)
        with self._reported(request_id) as report:
            try:
                async with asyncio.timeout(self._function.timeout_s):
                    reply = await self._api.invoke(
                        Invocation(request_id, payload, deadline_ms, self._function.arn, trace_id)
                    )
                result = InvokeResult(reply.payload, "Unhandled" if reply.is_error else None, request_id)
            except TimeoutError:
                await self.stop(grace_s=0)
                result = _unhandled("Sandbox.Timedout", self._timeout_message(request_id), request_id)
            except RuntimeFailure as failure:
                message = f"RequestId: {request_id} Error: {failure}"
                result = _unhandled("Runtime.ExitError", message, request_id)
            report.failure = _error_type(result) if result.function_error else ""
        return result

    async def stop(self, grace_s: float = 2.0) -> None:
        """End the process: at once, or SIGTERM first and SIGKILL after `grace_s` seconds."""
        self._api.close()
        if self._child is not None and self._process is not None:
            await self._child.stop(timeout_s=grace_s)
        if self._watch is not None:
            await self._watch

    async def _open(self) -> Mapping[str, str]:
        """Open what the process is reached by, and return its environment."""
        return self._variables(await self._api.start())

    def _argv(self) -> Sequence[str]:
        return [sys.executable, "-m", "awslambdaric", self._function.handler]

    async def _initialised(self) -> None:
        """Wait until the process asks for its first invocation.

        Raises:
            RuntimeFailure: it ended, or said that it cannot.
        """
        await self._api.initialised()

    def _fail(self, failure: RuntimeFailure) -> None:
        """Fail whatever waits for the process, which has ended."""
        self._api.fail(failure)

    @contextmanager
    def _reported(self, request_id: str) -> Iterator[_Report]:
        """Write Lambda's own lines about an invocation, whatever becomes of it."""
        first = self.invocations == 0
        self.invocations += 1
        began = time.perf_counter()
        report = _Report()
        self._log.started(request_id)
        try:
            yield report
        finally:
            self._log.ended(
                request_id,
                duration_ms=(time.perf_counter() - began) * 1000,
                memory_mb=self._function.memory_mb,
                rss_bytes=self.rss_bytes,
                init_ms=self.cold_start.init_ms if first and self.cold_start else None,
                failure=report.failure,
            )

    async def _watch_exit(self, child: ChildProcess) -> None:
        code = await child.wait()
        how = f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        self._fail(RuntimeFailure("Runtime.ExitError", f"Runtime exited with error: {how}"))

    def _timeout_message(self, request_id: str) -> str:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return f"{now} {request_id} Task timed out after {self._function.timeout_s:.2f} seconds"


def _init_timeout() -> RuntimeFailure:
    return RuntimeFailure("Sandbox.Timedout", f"The function was not ready after {INIT_TIMEOUT_S:.0f} seconds")


def _unhandled(error_type: str, message: str, request_id: str) -> InvokeResult:
    return InvokeResult(RuntimeFailure(error_type, message).document, "Unhandled", request_id)


def _error_type(result: InvokeResult) -> str:
    try:
        return str(json.loads(result.payload)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "Unknown"
