"""Bodies in which every name stands once."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from graphwell.domain.errors import InvalidInput


class StrictJsonRoute(APIRoute):
    """A route that refuses a body with a name twice in one object.

    Python would take the last one and lose the first, and a firewall in front may have looked at the other (RFC 8259,
    section 4: what readers make of it is unpredictable).
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler, with a stricter reader of JSON."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            try:
                return await handler(_StrictRequest(request.scope, request.receive))
            except HTTPException as error:  # FastAPI wraps what the reader of a body raises
                raise error.__cause__ if isinstance(error.__cause__, InvalidInput) else error from None

        return strict


class _StrictRequest(Request):
    async def json(self) -> Any:
        return json.loads(await self.body(), object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidInput("body", "An object in it has a name twice; send each name once.")
    return found
