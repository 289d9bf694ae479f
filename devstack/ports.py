"""Loopback ports: chosen once, remembered, so that a restarted server is found where it was."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Mapping

LOOPBACK = "127.0.0.1"

_CANDIDATES = range(20_000, 32_000)
"""Below Linux's ephemeral range: no outgoing connection can sit on the port of a server that is being restarted."""


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def reserve(port: int) -> socket.socket | None:
    """Take a port before it is listened on, so that no other stack of this machine and network takes it meanwhile.

    Returns:
        What holds it until it is closed, or the process ends; None when another stack holds it.
    """
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(f"\0graphwell-port-{port}")  # a name that the kernel forgets with its socket
    except OSError:
        holder.close()
        return None
    return holder


def choose_ports(names: Iterable[str], remembered: Mapping[str, int]) -> dict[str, int]:
    """Return a free port for each name: the one it had before where that is still free, else a new one."""
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name)
        chosen[name] = port if port and is_free(port) else _new_port({*chosen.values(), *remembered.values()})
    return chosen


def _new_port(taken: set[int]) -> int:
    candidates = [port for port in _CANDIDATES if port not in taken]
    random.shuffle(candidates)
    return next(port for port in candidates if is_free(port))
