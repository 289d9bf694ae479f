"""The metadata keys that tenants filter by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from graphwell.domain.metadata_keys import DeclaredKey, DeclaredKeys, MetadataType
from graphwell.domain.tenancy import TenantScope


@dataclass(frozen=True, slots=True)
class Declaration:
    """A tenant's keys; `is_applied` tells whether all of its chunks lie under them, so that filters find them."""

    keys: Mapping[str, DeclaredKey] = field(default_factory=dict)
    is_applied: bool = True

    @property
    def types(self) -> dict[str, MetadataType]:
        """The type of each key."""
        return {name: key.type for name, key in self.keys.items()}


ReadDeclaration = Callable[[TenantScope], Declaration]
"""Returns the tenant's declaration as it is at this moment; raises `Unavailable` when the store does not answer."""


class MetadataKeys(Protocol):
    """Declarations, and their application to what was taken in before."""

    def declared(self, scope: TenantScope) -> Declaration:
        """Return the tenant's declaration; see `ReadDeclaration`."""

    def declare(self, scope: TenantScope, keys: DeclaredKeys) -> None:
        """Set the tenant's keys, which are to be applied from the start when they differ.

        What is accepted from then on lies under them. A different declaration raises the corpus version.

        Raises:
            Conflict: the tenant is being erased.
            Unavailable: the store does not answer.
        """

    def apply(self, scope: TenantScope, most_chunks: int) -> bool:
        """Put the next documents under the tenant's keys, with about so many chunks; return whether all are now.

        Raises:
            Conflict: the tenant is being erased.
            Unavailable: the store does not answer.
        """

    def unapplied(self, limit: int) -> Sequence[TenantScope]:
        """Return tenants whose documents are not all under their keys."""
