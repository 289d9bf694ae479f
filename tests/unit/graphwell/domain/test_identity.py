"""Who may do what in which tenant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graphwell.domain.errors import Forbidden, InvalidInput
from graphwell.domain.identity import Principal, Role

ORDER = [Role.READER, Role.EDITOR, Role.ADMIN, Role.PLATFORM_ADMIN]


def principal(*roles: Role, tenants: dict[str, Role] | None = None) -> Principal:
    return Principal("user-1", "home", frozenset(roles), datetime(2030, 1, 1, tzinfo=UTC), tenants or {})


@pytest.mark.parametrize("required", ORDER)
@pytest.mark.parametrize("held", ORDER)
def test_a_role_includes_those_before_it_in_the_home_tenant(held: Role, required: Role) -> None:
    caller = principal(held)
    if ORDER.index(held) >= ORDER.index(required):
        assert caller.authorize(required).tenant_id == "home"
        assert caller.authorize(required, requested_tenant="home").tenant_id == "home"
    else:
        with pytest.raises(Forbidden, match=required.value):
            caller.authorize(required)


@pytest.mark.parametrize("required", ORDER)
@pytest.mark.parametrize("granted", ORDER)
def test_a_role_in_a_further_tenant_counts_there_alone(granted: Role, required: Role) -> None:
    caller = principal(Role.READER, tenants={"branch": granted})
    if ORDER.index(granted) >= ORDER.index(required):
        assert caller.authorize(required, requested_tenant="branch").tenant_id == "branch"
    else:
        with pytest.raises(Forbidden):
            caller.authorize(required, requested_tenant="branch")
    with pytest.raises(Forbidden):
        caller.authorize(Role.READER, requested_tenant="third")


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR, Role.ADMIN])
def test_no_role_of_the_home_tenant_opens_another(role: Role) -> None:
    with pytest.raises(Forbidden):
        principal(role).authorize(Role.READER, requested_tenant="other")


def test_a_platform_admin_may_enter_every_tenant() -> None:
    caller = principal(Role.PLATFORM_ADMIN)
    assert caller.authorize(Role.PLATFORM_ADMIN, requested_tenant="other").tenant_id == "other"


def test_a_platform_admin_cannot_enter_what_is_no_tenant_id() -> None:
    with pytest.raises(InvalidInput):
        principal(Role.PLATFORM_ADMIN).authorize(Role.READER, requested_tenant="a/b")


@pytest.mark.parametrize("requested", ["", "HOME", "home ", "hom"])
def test_a_tenant_name_is_compared_byte_for_byte(requested: str) -> None:
    with pytest.raises(Forbidden):
        principal(Role.ADMIN).authorize(Role.READER, requested_tenant=requested)


def test_without_a_role_nothing_is_allowed() -> None:
    with pytest.raises(Forbidden):
        principal().authorize(Role.READER)
