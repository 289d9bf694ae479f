"""A unit of work in traces, logs and metrics: a request, a message, a run of the schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from graphwell.domain.origin import Origin
from graphwell.ports import Tracer
from graphwell.runtime.measures import measured
from graphwell.runtime.observability import logger


@contextmanager
def traced(tracer: Tracer, name: str, origin: Origin, **annotations: str) -> Iterator[None]:
    """Time what is done within, and let its log lines, and what it causes, tell where it came from.

    Parameters:
        name: of a bounded number, such as that of a route.
        annotations: what traces are searched by, such as the tenant.
    """
    logger.set_correlation_id(origin.correlation_id)
    # The carrier is asked for inside the root span.
    with (
        measured(),
        tracer.root(name, origin.trace, **annotations),
        Origin(origin.correlation_id, tracer.carrier() or origin.trace).held(),
    ):
        yield


def traced_request(event: Mapping[str, Any], tracer: Tracer) -> AbstractContextManager[None]:
    """Time a request of the gateway's, by its route and its caller's tenant; see `traced`."""
    request = event.get("requestContext") or {}
    caller = request.get("authorizer") or {}
    name = f"{request.get('httpMethod')} {request.get('resourcePath')}"
    annotations = {"caller_tenant": caller["tenant_id"]} if "tenant_id" in caller else {}
    return traced(tracer, name, Origin(request.get("requestId", "")), **annotations)
