"""Filters as people type them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from devstack.client.filters import read_filters
from tests.unit.devstack.client.fake_api import FakeApi


@pytest.mark.parametrize(
    ("typed", "filters"),
    [
        ([], {}),
        (["year=2020"], {"metadata.year": {"in": [2020]}}),
        (["year=2020", "year=2021"], {"metadata.year": {"in": [2020, 2021]}}),
        (["year>=2020", "year <= 2021.5"], {"metadata.year": {"gte": 2020, "lte": 2021.5}}),
        (["day>=2026-01-31"], {"metadata.day": {"gte": "2026-01-31"}}),
        (["draft=true", 'kind="2020"'], {"metadata.draft": {"in": [True]}, "metadata.kind": {"in": ["2020"]}}),
        (["kind=a=b"], {"metadata.kind": {"in": ["a=b"]}}),
        (["kind="], {"metadata.kind": {"in": [""]}}),
        (["kind=null", "kind=[1]"], {"metadata.kind": {"in": ["null", "[1]"]}}),
        (["who=NaN", "who=-Infinity", "who=1e999"], {"metadata.who": {"in": ["NaN", "-Infinity", "1e999"]}}),
        (["document_id=7", "document_id=menu"], {"document_id": {"in": ["7", "menu"]}}),
    ],
)
def test_filters_are_read(typed: list[str], filters: dict[str, Any]) -> None:
    assert read_filters(typed) == filters


def test_commands_send_them(graphwell: Callable[..., Any], api: FakeApi) -> None:
    graphwell("search", "x", "--filter", "year>=2020", "--filter", "document_id=a")
    filters = {"metadata.year": {"gte": 2020}, "document_id": {"in": ["a"]}}
    assert api.bodies("/v1/search") == [{"query": "x", "filters": filters}]
    graphwell("ask", "x", "--filter", "kind=policy")
    assert api.bodies("/v1/query")[0]["filters"] == {"metadata.kind": {"in": ["policy"]}}


@pytest.mark.parametrize("typed", [["year"], ["=2020"], ["year=2020", "year>=2021"], ["year>=2021", "year=2020"]])
def test_what_is_no_filter_is_refused_with_what_to_write(
    graphwell: Callable[..., Any], api: FakeApi, typed: list[str]
) -> None:
    result = graphwell("search", "x", *(word for each in typed for word in ("--filter", each)))
    assert result.exit_code != 0
    assert "filter" in result.stderr or "range" in result.stderr
    assert api.requests == []
