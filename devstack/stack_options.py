"""What a stack is started with, and whether it can be started here at all."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack.endpoints import Endpoints
from devstack.errors import DevstackError
from devstack.ports import choose_ports, is_free, reserve
from devstack.preflight import check_data_folder, check_platform, find_java

CHECKOUT = Path(__file__).resolve().parents[1]
DEFAULT_DATA = CHECKOUT / ".graphwell"
DEFAULT_TEMPLATE = CHECKOUT / "template.yaml"
DEFAULT_PORT = 8787
DEFAULT_CONCURRENCY = 2

_MOST_PORTS = 20
"""Free ports that are tried, should others be starting at the same moment."""

GATEWAY = "gateway"
"""Name of the gateway among the components and the remembered ports."""


@dataclass(frozen=True)
class StackOptions:
    """What to run.

    Parameters:
        data: data folder.
        port: public port; None for 8787, or another free one where that is taken.
        rate_limits: whether the gateway throttles as the template says, and the functions count requests.
        parameters: template parameters, over the local stack's own.
        template: the SAM template.
        concurrency: environments at most of a function whose template does not say.
    """

    data: Path = DEFAULT_DATA
    port: int | None = None
    rate_limits: bool = True
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: Path = DEFAULT_TEMPLATE
    concurrency: int = DEFAULT_CONCURRENCY


def check_machine(options: StackOptions) -> None:
    """Raise DevstackError, one sentence, when a stack cannot run here."""
    check_platform()
    check_data_folder(options.data)
    find_java()
    if not options.template.is_file():
        raise DevstackError(f"There is no template at {options.template}; name the SAM template with --template.")


def take_public_port(wanted: int | None, remembered: Mapping[str, int]) -> tuple[int, socket.socket]:
    """Return the gateway's port and what holds it against other stacks that are starting.

    It is the wanted one, or 8787, or where that is taken the one it had before, or a free one.

    Raises:
        DevstackError: a port was wanted and is taken.
    """
    if wanted is not None:
        if is_free(wanted) and (holder := reserve(wanted)):
            return wanted, holder
        raise DevstackError(f"Port {wanted} is taken by another program; give another --port, or none for a free one.")
    for port in _public_ports(remembered):
        if is_free(port) and (holder := reserve(port)):
            return port, holder
    raise DevstackError("No port is free for the gateway; stop what uses them.")


def _public_ports(remembered: Mapping[str, int]) -> Iterator[int]:
    yield DEFAULT_PORT
    yield choose_ports([GATEWAY], remembered)[GATEWAY]
    for _ in range(_MOST_PORTS):
        yield choose_ports([GATEWAY], {})[GATEWAY]


def local_parameters(endpoints: Endpoints, *, rate_limits: bool) -> dict[str, str]:
    """Return the template parameters that make the functions use the local servers and the local model."""
    return {
        "Stage": "local",
        "Release": "local",
        "Tracing": "none",
        "Neo4jUri": endpoints.neo4j_uri,
        "ValkeyUrl": endpoints.valkey_url,
        "RateLimits": "on" if rate_limits else "off",
        "EmbeddingProvider": "onnx",
        "EmbeddingModel": "bge-small-en-v1.5-q",
        "EmbeddingDimensions": "384",
        "LlmModel": "",
        "EmbedMaximumConcurrency": str(max(os.cpu_count() or 1, 2)),
    }
