"""Filters inside both indexes against a model of them in plain Python."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import MetadataValue
from graphwell.domain.errors import Conflict
from graphwell.domain.filters import accept_filters
from graphwell.domain.metadata_keys import MetadataType, declare
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.usecases.declare_metadata_keys import ApplyMetadataKeys, DeclareMetadataKeys
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import Store

TYPES = {
    "year": MetadataType.NUMBER,
    "kind": MetadataType.STRING,
    "draft": MetadataType.BOOLEAN,
    "day": MetadataType.DATE,
    "größe": MetadataType.NUMBER,
}
NUMBERS = [-(2.0**60), -3, -1.5, -0.0, 0, 0.1, 1, 2, 2020, 2021.5, 2**53, 2**53 + 1, 1e300]
TEXTS = ["", "a", "A", "a b", "2020", "true", "+boiler AND *", "é", "x" * 1000, "x" * 999 + "y"]
DAYS = [
    "1969-12-31",
    "1970-01-01",
    "2026-01-31",
    "2026-01-31T00:00:00Z",
    "2026-01-31T01:00:00+01:00",
    "2026-02-01T09:30",
]
VALUES: dict[str, list[Any]] = {
    "year": NUMBERS, "größe": NUMBERS, "kind": TEXTS, "draft": [True, False], "day": DAYS,
}  # fmt: skip
OTHER: list[MetadataValue] = [True, "text", 7, "not a day"]
"""Some of these are of another type than a key's."""

DOCUMENTS = 40
BOTH = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})
Metadata = Mapping[str, MetadataValue]


def metadata_of(number: int) -> dict[str, MetadataValue]:
    """Return some keys, each with a value of its type or, now and then, of another."""
    found: dict[str, MetadataValue] = {"undeclared": "x"} if number % 5 == 0 else {}
    for place, key in enumerate(TYPES):
        choice = number * 7 + place * 5
        if choice % 6 < 4:
            found[key] = VALUES[key][choice % len(VALUES[key])]
        elif choice % 6 == 4:
            found[key] = OTHER[number % len(OTHER)]
    return found


def filled(store: Store, word: str = "boiler", types: Mapping[str, MetadataType] = TYPES) -> TenantScope:
    """Return a tenant with declared keys and a document for each number, of one or two chunks."""
    scope = TenantScope(f"t-{uuid.uuid4().hex}")
    declare_keys(store, scope, types)
    ingest_numbers(store, scope, word)
    return scope


def ingest_numbers(store: Store, scope: TenantScope, word: str = "boiler") -> None:
    texts = {number: [f"The {word} number {number}."] * (1 + number % 2) for number in range(DOCUMENTS)}
    ingest(
        store.staging,
        scope,
        *(prepared(f"d{number}", *texts[number], metadata=metadata_of(number)) for number in texts),
    )


def declare_keys(store: Store, scope: TenantScope, types: Mapping[str, MetadataType]) -> None:
    declaration = DeclareMetadataKeys(store.keys)(scope, types, Deadline.after(60))
    assert declaration.types == types
    assert declaration.is_applied


@pytest.fixture(scope="module")
def tenant(store: Store) -> TenantScope:
    filled(store, "pump")
    return filled(store)


def found(
    store: Store, scope: TenantScope, given_filters: Mapping[str, Any], legs: frozenset[SearchMode], candidates: int
) -> dict[SearchMode, list[str]]:
    """Return the documents of each leg's hits."""
    filters = accept_filters(given_filters, store.keys.declared(scope).keys)
    query = SearchQuery("the boiler number", vector_of("boiler"), legs, candidates, filters)
    reply = store.index.search(scope, query, Deadline.after(20))
    assert all(report.refused == 0 for report in reply.legs.values())
    return {leg: [hit.passage.document_id for hit in reply.hits if hit.leg is leg] for leg in legs}


# -- the model: nothing of the shipped code


def as_number(value: object) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def as_moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


READ: dict[MetadataType, Callable[[object], Any]] = {
    MetadataType.NUMBER: as_number,
    MetadataType.DATE: as_moment,
    MetadataType.STRING: lambda value: value if isinstance(value, str) else None,
    MetadataType.BOOLEAN: lambda value: value if isinstance(value, bool) else None,
}


def satisfies(value: object, condition: Any, read: Callable[[object], Any]) -> bool:
    own = read(value)
    if own is None:
        return False
    if isinstance(condition, dict) and condition.keys() & {"gte", "lte"}:
        least, most = (read(condition[end]) if end in condition else own for end in ("gte", "lte"))
        return bool(least <= own <= most)
    wanted = condition["eq"] if isinstance(condition, dict) and "eq" in condition else condition
    wanted = wanted["in"] if isinstance(wanted, dict) else wanted
    return own in [read(each) for each in (wanted if isinstance(wanted, list) else [wanted])]


def model(filters: Mapping[str, Any], types: Mapping[str, MetadataType] = TYPES) -> list[str]:
    """Return the document of each matching chunk, in order."""
    matching = []
    for number in range(DOCUMENTS):
        metadata = metadata_of(number)
        passed = [
            satisfies(f"d{number}", condition, str)
            if name == "document_id"
            else satisfies(metadata.get(key), condition, READ[types[key]])
            for name, condition in filters.items()
            for key in [name.removeprefix("metadata.")]
        ]
        matching += [f"d{number}"] * (1 + number % 2) if all(passed) else []
    return sorted(matching)


def conditions(key: str) -> st.SearchStrategy[Any]:
    values = st.sampled_from(VALUES[key])
    lists = st.lists(values, min_size=1, max_size=4)
    forms = [values, lists, st.builds(lambda value: {"eq": value}, values), st.builds(lambda many: {"in": many}, lists)]
    if TYPES[key] in {MetadataType.NUMBER, MetadataType.DATE}:
        forms.append(st.fixed_dictionaries({}, optional={"gte": values, "lte": values}).filter(bool))
    return st.one_of(forms)


any_filters = st.fixed_dictionaries(
    {},
    optional={
        "document_id": st.lists(
            st.sampled_from([f"d{number}" for number in range(DOCUMENTS + 5)]), min_size=1, max_size=20
        ),
        **{f"metadata.{key}": conditions(key) for key in TYPES},
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_filters, st.sampled_from([1, 3, 100]))
def test_what_passes_is_found_and_nothing_else(
    store: Store, tenant: TenantScope, filters: dict[str, Any], candidates: int
) -> None:
    expected = model(filters)
    for documents in found(store, tenant, filters, BOTH, candidates).values():
        assert len(documents) == min(candidates, len(expected))
        assert not set(documents) - set(expected)
        if candidates >= len(expected):
            assert sorted(documents) == expected


def test_each_condition_alone_tells_documents_apart() -> None:
    for key in TYPES:
        assert any(0 < len(model({f"metadata.{key}": value})) < DOCUMENTS for value in VALUES[key]), key


def test_keys_that_are_declared_later_are_applied_to_what_is_there(store: Store) -> None:
    scope = TenantScope(f"t-{uuid.uuid4().hex}")
    ingest_numbers(store, scope)
    version = store.index.corpus_version(scope, Deadline.after(10))
    declare_keys(store, scope, TYPES)
    assert store.index.corpus_version(scope, Deadline.after(10)) == version + 1
    filters = {"metadata.year": {"gte": 1}, "metadata.kind": TEXTS}
    assert sorted(found(store, scope, filters, BOTH, 100)[SearchMode.VECTOR]) == model(filters)


def test_a_slot_that_another_key_takes_over_holds_nothing_of_the_first(store: Store) -> None:
    scope = filled(store)
    other = {"size": MetadataType.NUMBER, **{f"key{number}": MetadataType.STRING for number in range(7)}}
    declare_keys(store, scope, other)
    ingest(store.staging, scope, prepared("sized", "The boiler number 99.", metadata={"size": 1}))
    for documents in found(store, scope, {"metadata.size": {"gte": -1e308}}, BOTH, 100).values():
        assert documents == ["sized"]


def test_keys_are_applied_in_batches_until_all_documents_are_under_them(store: Store) -> None:
    scope = TenantScope(f"t-{uuid.uuid4().hex}")
    ingest_numbers(store, scope)
    store.keys.declare(scope, declare(TYPES, {}, "metadata_keys"))
    assert not store.keys.declared(scope).is_applied
    assert scope in store.keys.unapplied(1_000)
    batches = 1
    while not store.keys.apply(scope, 10):
        batches += 1
    assert batches > 3
    assert store.keys.declared(scope).is_applied
    assert ApplyMetadataKeys(store.keys)(Deadline.after(60)) == 0
    filters = {"metadata.draft": True}
    assert sorted(found(store, scope, filters, BOTH, 100)[SearchMode.FULLTEXT]) == model(filters)


def test_what_is_staged_while_keys_are_applied_lies_under_them(store: Store) -> None:
    scope = TenantScope(f"t-{uuid.uuid4().hex}")
    ingest_numbers(store, scope)
    store.keys.declare(scope, declare(TYPES, {}, "metadata_keys"))
    store.keys.apply(scope, 10)
    ingest(store.staging, scope, prepared("a-first", "The boiler number 0.", metadata={"year": 1234}))
    ApplyMetadataKeys(store.keys)(Deadline.after(60))
    for documents in found(store, scope, {"metadata.year": 1234}, BOTH, 100).values():
        assert documents == ["a-first"]


def test_a_new_version_is_found_by_its_own_metadata(store: Store, scope: TenantScope) -> None:
    declare_keys(store, scope, TYPES)
    for year in (1999, 2001):
        ingest(store.staging, scope, prepared("d", "The boiler number 1.", metadata={"year": year}))
    assert found(store, scope, {"metadata.year": 2001}, BOTH, 100) == {leg: ["d"] for leg in BOTH}
    assert found(store, scope, {"metadata.year": 1999}, BOTH, 100) == {leg: [] for leg in BOTH}


def test_the_same_declaration_again_changes_nothing(store: Store, tenant: TenantScope) -> None:
    version = store.index.corpus_version(tenant, Deadline.after(10))
    declare_keys(store, tenant, dict(reversed(TYPES.items())))
    assert store.index.corpus_version(tenant, Deadline.after(10)) == version


def test_a_tenant_that_is_being_erased_takes_no_keys(store: Store, scope: TenantScope) -> None:
    store.client.run("CREATE (t:Tenant {id: $id, erasing: 'e', corpus_version: 1})", id=scope.tenant_id)
    with pytest.raises(Conflict):
        store.keys.declare(scope, declare(TYPES, {}, "metadata_keys"))
