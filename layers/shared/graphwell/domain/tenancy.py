"""Tenants: the scope that every access to data is made in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphwell.domain.errors import InvalidInput

TENANT_ID_PATTERN = r"^[a-zA-Z0-9_-]{1,64}$"
_TENANT_ID = re.compile(TENANT_ID_PATTERN.removesuffix("$") + r"\Z")


@dataclass(frozen=True, slots=True)
class TenantScope:
    """The one tenant that a call may read and write. Required by every repository call; cannot be empty.

    Parameters:
        tenant_id: 1 to 64 letters, digits, `-` or `_`; compared byte for byte, never folded.

    Raises:
        InvalidInput: tenant_id has another form.
    """

    tenant_id: str

    def __post_init__(self) -> None:
        if not _TENANT_ID.match(self.tenant_id):
            raise InvalidInput("tenant_id", "A tenant id is 1 to 64 letters, digits, '-' or '_'.")
