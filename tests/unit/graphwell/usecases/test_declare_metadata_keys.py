"""Declaring keys, and applying them within the time there is."""

from __future__ import annotations

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Conflict, InvalidInput
from graphwell.domain.metadata_keys import MetadataType
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.declare_metadata_keys import RESERVE_S, ApplyMetadataKeys, DeclareMetadataKeys
from tests.fakes.clock import FakeMonotonic
from tests.fakes.metadata_keys import FakeMetadataKeys

ACME, OTHER = TenantScope("acme"), TenantScope("other")
YEAR = {"year": MetadataType.NUMBER}


def in_time(seconds: float = 60) -> Deadline:
    return Deadline.after(seconds, FakeMonotonic())


def test_keys_are_declared_and_applied() -> None:
    keys = FakeMetadataKeys(batches=3)
    declaration = DeclareMetadataKeys(keys)(ACME, YEAR, in_time())
    assert (declaration.types, declaration.is_applied) == (YEAR, True)


def test_what_the_request_has_no_time_for_is_left_to_the_schedule() -> None:
    keys = FakeMetadataKeys(batches=3)
    assert not DeclareMetadataKeys(keys)(ACME, YEAR, in_time(RESERVE_S)).is_applied
    assert ApplyMetadataKeys(keys)(in_time(RESERVE_S)) == 0
    assert ApplyMetadataKeys(keys)(in_time()) == 1
    assert keys.declared(ACME).is_applied
    assert ApplyMetadataKeys(keys)(in_time()) == 0


def test_a_wrong_declaration_changes_nothing() -> None:
    keys = FakeMetadataKeys()
    with pytest.raises(InvalidInput):
        DeclareMetadataKeys(keys)(ACME, {"": MetadataType.NUMBER}, in_time())
    assert keys.stored == {}


def test_a_tenant_that_is_being_erased_takes_no_keys_and_holds_up_no_other() -> None:
    keys = FakeMetadataKeys()
    DeclareMetadataKeys(keys)(ACME, YEAR, in_time(RESERVE_S))
    keys.erasing = True
    with pytest.raises(Conflict):
        DeclareMetadataKeys(keys)(OTHER, YEAR, in_time())
    assert ApplyMetadataKeys(keys)(in_time()) == 0
