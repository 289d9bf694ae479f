"""The parts that questions stand on, and everything that can happen to one of them."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import redis

from devstack.ports import LOOPBACK, choose_ports
from devstack.scripted_model.words import DIMENSIONS, MODEL, embedding
from devstack.services.neo4j import USERNAME
from devstack.state import DataFolder, Status
from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import GraphwellError
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from tests.e2e.stack import CHECKOUT
from tests.faults.fault_proxy import FaultProxy

SLOWED_S = 0.1
"""What each piece of a slowed connection is held back."""

_BACK_WITHIN_S = 180.0
_A_SEARCH_S = 1.0
"""A database that has just started takes seconds for its first searches: it is back when one takes less than this."""

_POOL = PoolSettings(1, 5.0, 0.0, 30.0, 300.0)


class Part:
    """One server behind a proxy.

    Parameters:
        name: under which replies and metrics know it.
        pid: gives its process, None between two lives.
        answers: raises while it does not.
    """

    def __init__(
        self, name: str, proxy: FaultProxy, pid: Callable[[], int | None], answers: Callable[[], object]
    ) -> None:
        self.name = name
        self.proxy = proxy
        self._pid = pid
        self._answers = answers
        self._paused: psutil.Process | None = None

    @property
    def listens(self) -> bool:
        """Whether something takes connections at its port, which a server does before it answers well."""
        try:
            socket.create_connection((LOOPBACK, self.proxy.target()), 0.5).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End its process; whoever supervises it starts another."""
        self._process().kill()

    def pause(self) -> None:
        """Stop its process, which keeps its connections and says nothing."""
        self._paused = self._process()
        self._paused.suspend()

    def slow(self) -> None:
        """Hold back what goes to it and comes from it."""
        self.proxy.delay_s = SLOWED_S

    def refuse(self) -> None:
        """Cut its connections and close its port."""
        self.proxy.refuse()

    def heal(self) -> None:
        """Undo what was done to it and return when it answers."""
        self.proxy.delay_s = 0.0
        self.proxy.accept()
        if self._paused is not None:
            with suppress(psutil.NoSuchProcess):
                self._paused.resume()
            self._paused = None
        until = time.monotonic() + _BACK_WITHIN_S
        while True:
            try:
                self._answers()
            except (OSError, redis.RedisError, GraphwellError, httpx.HTTPError, AssertionError):
                assert time.monotonic() < until, f"{self.name} did not come back within {_BACK_WITHIN_S:.0f} s"
                time.sleep(0.1)
            else:
                return

    def _process(self) -> psutil.Process:
        pid = self._pid()
        assert pid is not None, f"{self.name} does not run"
        return psutil.Process(pid)


FAULTS: dict[str, Callable[[Part], None]] = {
    "killed": Part.kill,
    "paused": Part.pause,
    "slowed": Part.slow,
    "refused": Part.refuse,
}


class Surroundings:
    """Proxies for a stack that is about to start, and a model's endpoint that is started again when it dies.

    Parameters:
        data: the stack's folder, in which it writes down its servers' ports and processes.
    """

    def __init__(self, data: Path, stop: ExitStack) -> None:
        self._folder = DataFolder(data)
        names = ("neo4j-proxy", "valkey-proxy", "model-proxy", "model", "gateway")
        self._ports = choose_ports(names, {})
        self._model: subprocess.Popen[bytes] | None = None
        stop.callback(self._end_model)
        targets = {"neo4j": lambda: self._port("neo4j"), "valkey": lambda: self._port("valkey")}
        targets["model"] = lambda: self._ports["model"]
        proxies = {name: FaultProxy(self._ports[f"{name}-proxy"], target) for name, target in targets.items()}
        for proxy in proxies.values():
            stop.callback(proxy.stop)
        self.parts = {
            "neo4j": Part("neo4j", proxies["neo4j"], lambda: self._server_pid("neo4j"), self._ask_neo4j),
            "valkey": Part("valkey", proxies["valkey"], lambda: self._server_pid("valkey"), self._ask_valkey),
            "model": Part("model", proxies["model"], self._model_pid, self._ask_model),
        }
        self.parts["model"].heal()

    def options(self, **parameters: str) -> list[str]:
        """Return what `graphwell up` is told, with template parameters of the caller's."""
        model = f"http://{LOOPBACK}:{self._ports['model-proxy']}/v1"
        given = {
            "Neo4jUri": f"bolt://{LOOPBACK}:{self._ports['neo4j-proxy']}",
            "ValkeyUrl": f"redis://{LOOPBACK}:{self._ports['valkey-proxy']}/0",
            "EmbeddingProvider": "openai",
            "EmbeddingModel": MODEL,
            "EmbeddingDimensions": str(DIMENSIONS),
            "EmbeddingBaseUrl": model,
            "LlmModel": MODEL,
            "LlmBaseUrl": model,
            **parameters,
        }
        words = [word for name, value in given.items() for word in ("--parameter", f"{name}={value}")]
        return [*words, "--port", str(self._ports["gateway"])]

    def connections(self) -> dict[str, int]:
        """Return the connections that are open to each part."""
        return {name: part.proxy.connections for name, part in self.parts.items()}

    def _port(self, name: str) -> int:
        state = self._folder.read_state()
        assert state is not None
        return state.ports[name]

    def _server_pid(self, name: str) -> int | None:
        state = self._folder.read_state()
        server = state.services[name] if state else None
        return server.pid if server and server.status is Status.READY else None

    def _model_pid(self) -> int | None:
        return self._model.pid if self._model else None

    def _end_model(self) -> None:
        if self._model is not None:
            self._model.kill()
            self._model.wait()

    def _ask_neo4j(self) -> None:
        assert self._server_pid("neo4j") is not None
        account = (USERNAME, self._folder.secret("neo4j-password"))
        client = Neo4jClient(f"bolt://{LOOPBACK}:{self._port('neo4j')}", "neo4j", lambda: account, _POOL)
        query = SearchQuery("pump", embedding("pump"), frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}), 100)
        try:
            began = time.monotonic()
            Neo4jPassageIndex(client).search(TenantScope("acme"), query, Deadline.after(30))
            assert time.monotonic() - began < _A_SEARCH_S
        finally:
            client.close()

    def _ask_valkey(self) -> None:
        assert self._server_pid("valkey") is not None
        with redis.Redis(LOOPBACK, self._port("valkey"), socket_timeout=1) as client:
            client.ping()

    def _ask_model(self) -> None:
        if self._model is None or self._model.poll() is not None:
            command = [sys.executable, "-m", "devstack.scripted_model", "--port", str(self._ports["model"])]
            self._model = subprocess.Popen(command, cwd=CHECKOUT)
        url = f"http://{LOOPBACK}:{self._ports['model']}/v1/embeddings"
        httpx.post(url, json={"input": "x"}, timeout=2).raise_for_status()


@contextmanager
def surroundings(data: Path) -> Iterator[Surroundings]:
    """Give the surroundings of a stack for the length of a with block."""
    with ExitStack() as stop:
        yield Surroundings(data, stop)
