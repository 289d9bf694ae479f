"""What a stack is started with, and whether it can be started here at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack.endpoints import Endpoints
from devstack.errors import DevstackError
from devstack.ports import choose_ports, is_free
from devstack.preflight import check_data_folder, check_platform, find_java

CHECKOUT = Path(__file__).resolve().parents[1]
DEFAULT_DATA = CHECKOUT / ".graphwell"
DEFAULT_TEMPLATE = CHECKOUT / "template.yaml"
DEFAULT_PORT = 8787
DEFAULT_CONCURRENCY = 2

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


def choose_public_port(wanted: int | None, remembered: Mapping[str, int]) -> int:
    """Return the gateway's port: the wanted one, or 8787, or where that is taken the one it had before, or a free one.

    Raises:
        DevstackError: a port was wanted and is taken.
    """
    if wanted is not None and not is_free(wanted):
        raise DevstackError(f"Port {wanted} is taken by another program; give another --port, or none for a free one.")
    if wanted is not None or is_free(DEFAULT_PORT):
        return wanted or DEFAULT_PORT
    return choose_ports([GATEWAY], remembered)[GATEWAY]


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
