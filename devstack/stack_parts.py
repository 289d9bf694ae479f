"""What a stack is made of; tests put fakes in the places of servers and functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devstack.board import Board
from devstack.cloud import CloudFactory, local_cloud
from devstack.downloads.fetch import Report
from devstack.downloads.model import ensure_model
from devstack.endpoints import Endpoints
from devstack.progress import Display
from devstack.services.group import ServiceGroup
from devstack.state import DataFolder
from devstack.supervisor import Restarted


class Servers(Protocol):
    """The servers of a stack, as ServiceGroup runs them."""

    @property
    def endpoints(self) -> Endpoints:
        """Where they listen."""

    @property
    def board(self) -> Board:
        """Where their state is kept."""

    async def start(self) -> None:
        """Start them and return when all of them answer."""

    async def failed(self) -> None:
        """Raise when one of them cannot be kept running."""

    async def stop(self) -> None:
        """Stop them."""


class ServersFactory(Protocol):
    """Makes the servers of a stack."""

    def __call__(self, folder: DataFolder, *, display: Display, on_restart: Restarted) -> Servers:
        """Return servers that are not started."""


@dataclass(frozen=True)
class Parts:
    """What a stack is made of.

    Parameters:
        servers: makes the servers.
        cloud: makes the functions and the gateway.
        fetch_model: brings the embedding model onto this machine.
        provision_wait_s: seconds between attempts to give a restarted server its contents back.
    """

    servers: ServersFactory = ServiceGroup
    cloud: CloudFactory = local_cloud
    fetch_model: Callable[[Report], Path] = ensure_model
    provision_wait_s: float = 1.0
