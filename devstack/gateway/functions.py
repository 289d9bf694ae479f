"""The Lambda service of the local stack: every function of the template, invoked by any of its names."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

from devstack.errors import DevstackError
from devstack.gateway.environments import Environment, InvokeResult
from devstack.gateway.function_log import FunctionLog
from devstack.gateway.function_pool import FunctionPool
from devstack.gateway.function_view import FunctionSpec
from devstack.gateway.references import Account
from devstack.gateway.runtime_api import RuntimeFailure
from devstack.gateway.tracing import trace_id
from devstack.gateway.variables import function_variables
from devstack.gateway.web_environment import StreamedReply, WebEnvironment
from devstack.stack_options import DEFAULT_CONCURRENCY


class Functions:
    """All functions and their environments."""

    def __init__(
        self,
        specs: Sequence[FunctionSpec],
        *,
        account: Account,
        local_variables: Mapping[str, str],
        log_dir: Path,
        default_concurrency: int = DEFAULT_CONCURRENCY,
        cores: int | None = None,
    ) -> None:
        """Prepare the functions; none is started.

        Parameters:
            specs: the functions.
            account: where they pretend to be deployed.
            local_variables: environment variables that give the local servers' addresses.
            log_dir: folder of the log files, one a function.
            default_concurrency: environments at most of a function whose template does not say.
            cores: processor cores, which bound the declared concurrency; this machine's by default.
        """
        cores = cores or os.cpu_count() or 1
        starts = asyncio.Semaphore(cores)
        self._logs: list[FunctionLog] = []
        self._pools: list[FunctionPool] = []
        for spec in specs:
            limit = default_concurrency if spec.concurrency is None else min(spec.concurrency, max(cores, 2))
            log = FunctionLog(log_dir / f"{spec.short_name}.log")
            variables = partial(function_variables, spec, account=account, local=local_variables)
            self._logs.append(log)
            kind = WebEnvironment if spec.serves_http else Environment
            self._pools.append(FunctionPool(spec, limit, partial(kind, spec, log, variables), starts))
        self._by_name = {
            name: pool
            for pool in self._pools
            for name in (pool.function.short_name, pool.function.name, pool.function.arn, pool.function.logical_id)
        }

    @property
    def specs(self) -> tuple[FunctionSpec, ...]:
        """The functions, in the template's order."""
        return tuple(pool.function for pool in self._pools)

    def pool(self, name: str) -> FunctionPool:
        """Return the pool of a function, by folder name, logical id, function name or ARN.

        Raises:
            DevstackError: there is no such function.
        """
        if name not in self._by_name:
            known = ", ".join(pool.function.short_name for pool in self._pools)
            raise DevstackError(f"There is no function {name}; the template has {known}.")
        return self._by_name[name]

    async def invoke(self, name: str, payload: bytes, trace: str | None = None) -> InvokeResult:
        """Invoke a function and wait for its reply.

        Parameters:
            name: folder name, logical id, function name or ARN.
            payload: the event, JSON.
            trace: X-Ray trace header; a new one by default.

        Raises:
            DevstackError: there is no such function.
        """
        return await self.pool(name).invoke(payload, trace or trace_id())

    def streamed(
        self, name: str, payload: bytes, trace: str | None = None
    ) -> AbstractAsyncContextManager[StreamedReply]:
        """Invoke a function that serves HTTP, for the length of a with block, and give its reply as it comes.

        Raises:
            DevstackError: there is no such function.
            RuntimeFailure: it failed; in the block, when it failed after its reply had begun.
        """
        return self.pool(name).streamed(payload, trace or trace_id())

    async def warm(self, names: Sequence[str]) -> None:
        """Have one environment of each named function ready.

        Raises:
            DevstackError: one cannot start; the sentence says why and where its log is.
        """
        pools = [self.pool(name) for name in names]
        outcomes = await asyncio.gather(*(pool.warm() for pool in pools), return_exceptions=True)
        for pool, outcome in zip(pools, outcomes, strict=True):
            if isinstance(outcome, RuntimeFailure):
                name = pool.function.short_name
                raise DevstackError(f"The function {name} did not start: {outcome} (see {name}.log).") from outcome
            if isinstance(outcome, BaseException):
                raise outcome

    async def stop(self) -> None:
        """End every environment."""
        await asyncio.gather(*(pool.stop() for pool in self._pools))
        for log in self._logs:
            log.close()

    def status(self) -> list[dict[str, Any]]:
        """Return figures of each function: invocations, errors, running environments and every cold start so far."""
        return [
            {
                "function": pool.function.short_name,
                "name": pool.function.name,
                "invocations": pool.invocations,
                "errors": pool.errors,
                "cold_starts": [
                    {"init_ms": round(start.init_ms, 1), "rss_bytes": start.rss_bytes} for start in pool.cold_starts
                ],
                "environments": [
                    {"pid": environment.pid, "rss_bytes": environment.rss_bytes, "invocations": environment.invocations}
                    for environment in pool.environments
                ],
            }
            for pool in self._pools
        ]
