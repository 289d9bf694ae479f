"""Requests for another host than the one that API Gateway served."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Request

from graphwell.http.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class TrustedHost:
    """ASGI middleware that refuses a `Host` other than the domain in the gateway's own part of the event.

    API Gateway may route by the name that the TLS connection was opened with and hand the header on as it came. What
    trusted the header would link to, or cache for, a host of the caller's choice.

    Parameters:
        app: what replies to all others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        served = scope.get("aws.event", {}).get("requestContext", {}).get("domainName")
        if scope["type"] == "http" and served and _host(scope) != served.lower():
            detail = "The Host header names another host than the one that was called; send the API's own."
            await problem(Request(scope), HTTPStatus.BAD_REQUEST, "untrusted-host", detail)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _host(scope: Scope) -> str:
    """Return the `Host` of a request in lower case, without its port."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    host: str = hosts[0].decode("latin-1").lower() if len(hosts) == 1 else ""
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host
