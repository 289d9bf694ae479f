"""What threads that share one client do to each other, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from neo4j.exceptions import AuthError

from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
from graphwell.domain.deadline import Deadline

POOL = PoolSettings(max_size=1, acquisition_timeout_s=1, max_retry_time_s=1, liveness_check_s=1, max_lifetime_s=1)


class FakeDriver:
    """Knows whether it was closed."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_a_driver_with_new_credentials_is_not_closed_for_the_old_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Neo4jClient("bolt://127.0.0.1", "neo4j", lambda: ("", ""), POOL)
    opened: list[FakeDriver] = []

    def open_one() -> FakeDriver:
        opened.append(FakeDriver())
        return opened[-1]

    monkeypatch.setattr(client, "_opened", open_one)
    client._open()

    def refused_at_first() -> Any:
        driver: Any = client._open()
        if driver is opened[0]:
            raise AuthError
        return driver

    def refused_later_than_another() -> Any:
        if len(opened) == 1:
            assert client._translated(refused_at_first, Deadline.after(5)) is opened[1]
            raise AuthError
        return client._open()

    assert client._translated(refused_later_than_another, Deadline.after(5)) is opened[1]
    assert [driver.is_closed for driver in opened] == [True, False]
