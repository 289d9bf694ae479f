"""What the stack asks of the functions and the gateway in front of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from devstack.endpoints import Endpoints


class InvokeOutcome(Protocol):
    """Outcome of an invocation."""

    @property
    def payload(self) -> bytes:
        """The reply's JSON, or the error document."""

    @property
    def function_error(self) -> str | None:
        """Set when the function failed."""


class Cloud(Protocol):
    """The functions and the gateway, as devstack.gateway.LocalCloud runs them."""

    @property
    def url(self) -> str:
        """Address of the API."""

    async def provision(self) -> None:
        """Create the template's queues, bucket, table and secrets where they are missing."""

    async def start(self) -> None:
        """Start the functions and the gateway."""

    async def stop(self) -> None:
        """Stop them."""

    async def invoke(self, function: str, payload: bytes) -> InvokeOutcome:
        """Invoke one function."""


class CloudFactory(Protocol):
    """Makes the cloud of a stack."""

    def __call__(
        self,
        *,
        template_path: Path,
        endpoints: Endpoints,
        data_dir: Path,
        log_dir: Path,
        host: str,
        port: int,
        parameters: Mapping[str, str],
        rate_limits: bool,
        concurrency: int,
    ) -> Cloud:
        """Return a cloud that is not started."""


def local_cloud(**arguments: Any) -> Cloud:
    """Make a devstack.gateway.LocalCloud; imported when needed, it brings the functions' packages with it."""
    from devstack.gateway import LocalCloud  # noqa: PLC0415

    cloud: Cloud = LocalCloud(**arguments)
    return cloud
