"""Declare the metadata keys that a tenant filters by, and put its documents under them."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Conflict, DeadlineExceeded
from graphwell.domain.metadata_keys import MetadataType, declare
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Declaration, MetadataKeys

CHUNKS_A_BATCH = 500
"""Chunks put under keys in one transaction, for which the tenant is locked: a second at most."""

RESERVE_S = 5.0
"""Kept of a request's time for its last batch; what is left then is applied by the schedule."""

TENANTS_A_RUN = 20


class DeclareMetadataKeys:
    """Sets a tenant's keys, and applies them to what was taken in before as far as the time of the request goes."""

    def __init__(self, keys: MetadataKeys) -> None:
        self._keys = keys

    def __call__(self, scope: TenantScope, wanted: Mapping[str, MetadataType], deadline: Deadline) -> Declaration:
        """Return the declaration in force.

        Raises:
            InvalidInput: too many keys, or a name that is no key; nothing was written.
            Conflict: the tenant is being erased.
            Unavailable: the store does not answer.
        """
        self._keys.declare(scope, declare(wanted, self._keys.declared(scope).keys, "metadata_keys"))
        _apply(self._keys, scope, deadline)
        return self._keys.declared(scope)


class ApplyMetadataKeys:
    """Goes on where requests that declared keys ended; a run does what its time allows, the next goes on."""

    def __init__(self, keys: MetadataKeys) -> None:
        self._keys = keys

    def __call__(self, deadline: Deadline) -> int:
        """Return of how many tenants all documents are under their keys now that were not before.

        Raises:
            Unavailable: the store does not answer.
        """
        return sum(_apply(self._keys, scope, deadline) for scope in self._keys.unapplied(TENANTS_A_RUN))


def _apply(keys: MetadataKeys, scope: TenantScope, deadline: Deadline) -> bool:
    """Put documents under a tenant's keys until all are, or the time is used up; return whether all are."""
    try:
        while deadline.remaining_s() > RESERVE_S:
            if keys.apply(scope, CHUNKS_A_BATCH):
                return True
    except (Conflict, DeadlineExceeded):  # erased meanwhile, which leaves nothing to apply to; or late
        return False
    return False
