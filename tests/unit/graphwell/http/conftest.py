"""An application over fakes, behind API Gateway."""

from __future__ import annotations

import pytest

from graphwell.domain.identity import Role
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import Gateway, caller


@pytest.fixture
def container() -> FakeContainer:
    return FakeContainer({"admin-token": caller(Role.ADMIN), "reader-token": caller(Role.READER)})


@pytest.fixture
def gateway(container: FakeContainer) -> Gateway:
    return Gateway.over(container)
