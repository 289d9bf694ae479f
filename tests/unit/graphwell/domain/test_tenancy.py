"""Tenant ids."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphwell.domain.errors import InvalidInput
from graphwell.domain.tenancy import TenantScope

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


@given(st.text(ALPHABET, min_size=1, max_size=64))
def test_every_id_of_the_pattern_is_a_scope(tenant_id: str) -> None:
    assert TenantScope(tenant_id).tenant_id == tenant_id


@given(st.text().filter(lambda text: not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", text)))
@example("")
@example("acme\n")
@example("\nacme")
@example("a" * 65)
@example("ácme")
@example("acme٣")
@example("acme/../other")
@example("acme'}) RETURN 1 //")
def test_nothing_else_is(tenant_id: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        TenantScope(tenant_id)
    assert refusal.value.field == "tenant_id"


def test_scopes_that_differ_in_case_are_different_tenants() -> None:
    assert TenantScope("Acme") != TenantScope("acme")
