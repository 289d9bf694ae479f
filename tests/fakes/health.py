"""Parts of the service that are healthy, broken or hang, as a test wants them."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event


class FakeProbe:
    """The `HealthProbe` port.

    Parameters:
        error: what the check raises.
        until: the check waits for this event, however long it takes.
    """

    def __init__(
        self,
        name: str,
        *,
        vital: bool = False,
        error: Exception | None = None,
        until: Event | None = None,
        timeout_s: float = 5.0,
        fresh_for_s: float = 0.0,
    ) -> None:
        self.name = name
        self.vital = vital
        self.error = error
        self.until = until
        self.timeout_s = timeout_s
        self.fresh_for_s = fresh_for_s
        self.checks = 0

    def check(self) -> Mapping[str, str | int | float]:
        """Return that all is well."""
        self.checks += 1
        if self.until is not None:
            self.until.wait()
        if self.error is not None:
            raise self.error
        return {"version": "1"}
