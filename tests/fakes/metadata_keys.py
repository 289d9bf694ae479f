"""Declarations of metadata keys in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphwell.domain.errors import Conflict, Unavailable
from graphwell.domain.metadata_keys import DeclaredKey, DeclaredKeys, MetadataType
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Declaration

YEAR = {"year": DeclaredKey(MetadataType.NUMBER, 1)}


@dataclass
class FakeMetadataKeys:
    """The `MetadataKeys` port. `batches` of documents are to be put under keys that are declared anew.

    While `down`, it does not answer; while `erasing`, nothing is declared or applied.
    """

    batches: int = 1
    down: bool = False
    erasing: bool = False

    def __post_init__(self) -> None:
        self.stored: dict[TenantScope, DeclaredKeys] = {}
        self.left: dict[TenantScope, int] = {}

    def declared(self, scope: TenantScope) -> Declaration:
        """Return the declaration."""
        if self.down:
            raise Unavailable("The graph does not answer.")
        return Declaration(self.stored.get(scope, {}), not self.left.get(scope))

    def declare(self, scope: TenantScope, keys: DeclaredKeys) -> None:
        """Keep the keys."""
        if self.erasing:
            raise Conflict("This tenant is being erased.")
        if keys != self.stored.get(scope, {}):
            self.left[scope] = self.batches
        self.stored[scope] = keys

    def apply(self, scope: TenantScope, most_chunks: int) -> bool:
        """Apply a batch."""
        assert most_chunks > 0
        if self.erasing:
            raise Conflict("This tenant is being erased.")
        self.left[scope] = max(0, self.left.get(scope, 0) - 1)
        return not self.left[scope]

    def unapplied(self, limit: int) -> Sequence[TenantScope]:
        """Return tenants with batches left."""
        return [scope for scope, left in self.left.items() if left][:limit]
