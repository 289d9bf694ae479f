"""Erases, and stores that hold things of tenants, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from graphwell.domain.erasure import Counts, Erasure
from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.tenancy import TenantScope
from tests.fakes.clock import FakeClock


class FakeHoldings:
    """The `TenantHoldings` port: things of one kind, removed `batch` at a time. While `down`, it does not answer."""

    def __init__(self, kind: str = "documents", batch: int = 2) -> None:
        self.kind = kind
        self.batch = batch
        self.held: Counter[TenantScope] = Counter()
        self.down = False

    def count(self, scope: TenantScope) -> Counts:
        """Return how many there are."""
        self._answer()
        return {self.kind: self.held[scope]}

    def remove(self, erasure: Erasure) -> bool:
        """Remove a batch."""
        self._answer()
        self.held[erasure.scope] = max(0, self.held[erasure.scope] - self.batch)
        return not self.held[erasure.scope]

    def _answer(self) -> None:
        if self.down:
            raise Unavailable(f"The store of {self.kind} does not answer.")


class FakeErasures:
    """The `ErasureRepository` port; `kept` holds every erase by its id, and `asked` counts calls of `running`."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.kept: dict[str, Erasure] = {}
        self.awaited_files = False
        self.asked = 0

    def start(self, scope: TenantScope, erasure_id: str, before: Counts, *, with_limits: bool) -> Erasure:
        """Keep a running erase."""
        running = self.running(scope)
        if running is None:
            running = erasure_id
            self.kept[erasure_id] = Erasure(
                scope, erasure_id, self.clock.now(), None, 1, before, {}, self.awaited_files, with_limits
            )
        return self.kept[running]

    def get(self, scope: TenantScope, erasure_id: str) -> Erasure:
        """Return an erase."""
        erasure = self.kept.get(erasure_id)
        if erasure is None or erasure.scope != scope:
            raise NotFound(f"There is no job {erasure_id!r} in this tenant.")
        return erasure

    def running(self, scope: TenantScope) -> str | None:
        """Return the id of the running erase."""
        self.asked += 1
        return next((each.id for each in self.kept.values() if each.scope == scope and not each.finished_at), None)

    def unfinished(self, limit: int) -> Sequence[Erasure]:
        """Return the running erases."""
        return [each for each in self.kept.values() if not each.finished_at][:limit]

    def finish(self, erasure: Erasure, after: Counts) -> bool:
        """End an erase."""
        self.kept[erasure.id] = replace(erasure, finished_at=self.clock.now(), after=after)
        return True
