"""`graphwell erase` and `graphwell stats`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.devstack.client.fake_api import STATISTICS, FakeApi

Graphwell = Callable[..., Any]


@pytest.fixture
def filled(api: FakeApi) -> FakeApi:
    api.documents["a"] = {"id": "a"}
    return api


def deletions(api: FakeApi) -> list[str]:
    return [request.url.query.decode() for request in api.requests if request.method == "DELETE"]


def test_a_dry_run_says_what_would_go(graphwell: Graphwell, filled: FakeApi) -> None:
    result = graphwell("erase", "--tenant", "acme", "--dry-run")
    assert result.exit_code == 0
    assert "         1  documents\n     1,234  idempotency records" in result.stdout
    assert deletions(filled) == ["dry_run=true"]
    printed = graphwell("erase", "--tenant", "acme", "--dry-run", "--json")
    assert json.loads(printed.stdout)["counts"] == {"documents": 1, "idempotency_records": 1234}


@pytest.mark.parametrize(("typed", "erased"), [("acme\n", True), ("acne\n", False)])
def test_it_asks_for_the_name_first(
    graphwell: Graphwell, filled: FakeApi, monkeypatch: pytest.MonkeyPatch, typed: str, *, erased: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    result = graphwell("erase", "--tenant", "acme")
    assert result.exit_code == (0 if erased else 1)
    assert bool(filled.documents) is not erased
    assert ("Left: 0." in result.stdout) is erased
    assert ("nothing was erased" in result.stderr) is not erased


def test_it_waits_until_nothing_is_left_or_says_where_to_look(graphwell: Graphwell, filled: FakeApi) -> None:
    filled.polls_until_done = 3
    waiting = graphwell("erase", "--tenant", "acme", "--no-wait", "--yes")
    assert "graphwell jobs job-1 --tenant acme" in waiting.stdout
    done = graphwell("erase", "--tenant", "acme", "--yes", "--json")
    assert json.loads(done.stdout)["status"] == "succeeded"


def test_a_program_has_to_say_yes(graphwell: Graphwell, filled: FakeApi) -> None:
    assert graphwell("erase", "--tenant", "acme", "--json").exit_code == 2
    assert deletions(filled) == []


def test_statistics(graphwell: Graphwell) -> None:
    result = graphwell("stats", "--tenant", "acme")
    assert "         1,000  documents" in result.stdout
    assert result.stdout.endswith("Vectors of small, 8 dimensions.\n")
    assert json.loads(graphwell("stats", "--tenant", "acme", "--json").stdout) == STATISTICS


def test_a_move_to_another_model_is_watched_to_its_end(graphwell: Graphwell, api: FakeApi) -> None:
    api.statistics = [
        STATISTICS,
        {**STATISTICS, "moving_to": {"model": "large", "dimensions": 9}, "chunks": 4, "moved_chunks": 1},
        {**STATISTICS, "embedding": {"model": "large", "dimensions": 9}},
    ]
    result = graphwell("reembed", "large", "--tenant", "acme")
    assert result.exit_code == 0
    assert "1 of 4 chunks (25 %)\nQuestions are answered by large" in result.stdout


def test_a_move_that_does_not_begin_is_told_from_a_slow_one(graphwell: Graphwell) -> None:
    result = graphwell("reembed", "large", "--tenant", "acme")
    assert result.exit_code == 1
    assert "NextEmbeddingModel=large" in result.stderr
