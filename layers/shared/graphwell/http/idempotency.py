"""The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header), of the routes that start work."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Header, Request

from graphwell.domain.errors import InvalidInput
from graphwell.domain.tenancy import TenantScope
from graphwell.http.request_context import principal, time_left_s
from graphwell.ports import KeyedRequest
from graphwell.runtime.container import Container

HEADER = "Idempotency-Key"
KEY_PATTERN = r"^[!-~]{1,255}$"
_KEY = re.compile(KEY_PATTERN.removesuffix("$") + r"\Z")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="The same for every try of this request, and for no other; remembered for a day.",
    ),
]

Work = Callable[[str | None], Mapping[str, Any]]
"""What a request does, given the id of its job: ids alone come back. None when it may have any."""


class Once:
    """Makes the requests of one route take effect once for each key. Without a key, nothing is looked up or imported.

    Parameters:
        route: name of the route, part of every key's meaning.
    """

    def __init__(self, container: Container, route: str) -> None:
        self._container = container
        self._route = route

    def __call__(
        self, request: Request, scope: TenantScope, key: str | None, work: Work, *, body: Callable[[], Any]
    ) -> Mapping[str, Any]:
        """Return what the work returns, or returned when the key was new.

        Parameters:
            body: gives all that makes this request different from others of the route.

        Raises:
            InvalidInput: the key has another form, or came with another request before.
            InFlight: the same request is being worked on.
            Unavailable: the keys cannot be looked up; nothing was done.
        """
        if key is None:
            return work(None)
        if not _KEY.match(key):
            raise InvalidInput(HEADER, "A key is 1 to 255 visible ASCII characters, such as a UUID.")
        keyed = KeyedRequest(
            scope=scope,
            subject=principal(request).subject,
            route=self._route,
            key=key,
            body_hash=hashlib.sha256(json.dumps(body()).encode()).hexdigest(),
            time_left_s=time_left_s(request),
        )
        return self._container.idempotency.once(keyed, lambda: work(keyed.job_id))
