"""Headers that every reply carries, whatever made it: what a browser may do with it, and which request it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""The values that OWASP's REST Security Cheat Sheet names for an API; template.yaml has them for the gateway's own."""


EXPOSED_HEADERS = (
    "X-Request-Id",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "RateLimit-Policy",
)
"""What a page's script may read beyond the headers that are always shown to it."""

_ADDED = "graphwell.reply_headers"
"""Where a request's scope keeps the headers that its route has added."""


def add_reply_headers(scope: Scope, headers: Mapping[str, str]) -> None:
    """Put headers on the reply to a request, whatever it will be: an error's reply gets them too."""
    scope.setdefault(_ADDED, {}).update(headers)


class ReplyHeaders:
    """ASGI middleware that adds `SECURITY_HEADERS`, what routes asked for, and `X-Request-Id`.

    A route's own value of one of `SECURITY_HEADERS` stays.

    Parameters:
        app: what replies.
        allowed_origin: whose pages may read replies; empty for none. The gateway answers preflights with the same one.
    """

    def __init__(self, app: ASGIApp, *, allowed_origin: str = "") -> None:
        self._app = app
        self._always = dict(SECURITY_HEADERS)
        if allowed_origin:
            self._always["Access-Control-Allow-Origin"] = allowed_origin
            self._always["Access-Control-Expose-Headers"] = ", ".join(EXPOSED_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope.get("aws.event", {}).get("requestContext", {}).get("requestId", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._always.items():
                    headers.setdefault(name, value)
                for name, value in scope.get(_ADDED, {}).items():
                    headers[name] = value
                if request_id:
                    headers["X-Request-Id"] = request_id
            await send(message)

        await self._app(scope, receive, send_with_headers)
