"""`graphwell eval` against an API in memory."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devstack.evaluation.evaluation import default_tenant
from tests.unit.devstack.client.collections import write_collection
from tests.unit.devstack.client.fake_api import FakeApi, problem

Graphwell = Callable[..., Any]


def test_reports_quality_speed_and_counts(graphwell: Graphwell, fruit: Path) -> None:
    result = graphwell("eval", fruit, "--json")
    figures = json.loads(result.stdout)
    assert result.exit_code == 0
    assert result.stderr == ""
    # q1 finds its document on top once the one judged -1 is gone; q2 finds one of two; q3 has no relevant document.
    assert figures["ndcg@10"] == round((1 + 1 / (1 + 1 / math.log2(3))) / 2, 4)
    assert figures["recall@10"] == 0.75
    assert figures["mrr@10"] == 1.0
    assert (figures["collection"], figures["tenant"]) == ("fruit", "eval-fruit")
    assert (figures["documents"], figures["queries"], figures["queries_asked"]) == (4, 2, 3)
    assert figures["p50_ms"] <= figures["p95_ms"]
    assert figures["chunks_per_s"] == pytest.approx(6 / 0.5)
    assert figures["errors"] == []


def test_searches_hybrid_and_deep_enough_for_ten_documents(graphwell: Graphwell, api: FakeApi, tmp_path: Path) -> None:
    folder = write_collection(
        tmp_path / "many", {str(number): "word" for number in range(30)}, {"q": "word"}, {("q", "9"): 1}
    )
    api.passages_a_document = 7
    result = graphwell("eval", folder, "--json")
    assert [(body["mode"], body["top_k"]) for body in api.bodies("/v1/search")] == [
        ("hybrid", 20),
        ("hybrid", 40),
        ("hybrid", 80),
    ]
    assert json.loads(result.stdout)["recall@10"] == 1.0


def test_unchanged_documents_give_no_speed(graphwell: Graphwell, fruit: Path) -> None:
    graphwell("eval", fruit)
    assert json.loads(graphwell("eval", fruit, "--json").stdout)["chunks_per_s"] is None


def test_documents_that_are_there_need_not_be_ingested(graphwell: Graphwell, api: FakeApi, fruit: Path) -> None:
    graphwell("eval", fruit)
    submissions = len(api.bodies("/v1/documents"))
    figures = json.loads(graphwell("eval", fruit, "--skip-ingest", "--concurrency", "3", "--json").stdout)
    assert len(api.bodies("/v1/documents")) == submissions
    assert (figures["recall@10"], figures["ingest"]) == (0.75, None)


def test_prints_the_figures_for_people(graphwell: Graphwell, fruit: Path) -> None:
    result = graphwell("eval", fruit, "--tenant", "mine", "--limit", "1")
    assert result.exit_code == 0
    assert "tenant        mine\n" in result.stdout
    assert "ndcg@10       1.0\n" in result.stdout
    assert "queries       1\n" in result.stdout


def test_a_query_that_fails_counts_as_zero_and_is_reported(graphwell: Graphwell, api: FakeApi, fruit: Path) -> None:
    graphwell("eval", fruit)
    api.interruptions = [problem(500, "Broken")]
    result = graphwell("eval", fruit, "--skip-ingest", "--json")
    figures = json.loads(result.stdout)
    assert result.exit_code == 1
    assert figures["mrr@10"] == 0.5
    assert figures["errors"] == ["query q1: The server answered 500 Internal Server Error: Broken (request req-1)."]


def test_a_refused_caller_ends_the_evaluation(graphwell: Graphwell, api: FakeApi, fruit: Path) -> None:
    api.interruptions = [problem(403, "Not your tenant")] * 20
    result = graphwell("eval", fruit, "--skip-ingest", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Not your tenant" in result.stderr


def test_other_documents_in_the_tenant_are_reported(graphwell: Graphwell, fruit: Path, tmp_path: Path) -> None:
    (tmp_path / "foreign.txt").write_text("pear pear")
    graphwell("ingest", tmp_path / "foreign.txt")
    result = graphwell("eval", fruit)
    assert result.exit_code == 1
    assert "documents that are not of the collection, such as foreign.txt" in result.stderr


def test_refused_documents_are_reported(graphwell: Graphwell, tmp_path: Path) -> None:
    folder = write_collection(tmp_path / "c", {"good": "word", "bad": "REFUSE word"}, {"q": "word"}, {("q", "good"): 1})
    result = graphwell("eval", folder, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["errors"][0].startswith("document bad: The server answered 422")


def test_a_limit_without_judged_queries_is_told(graphwell: Graphwell, tmp_path: Path) -> None:
    folder = write_collection(tmp_path / "c", {"d": "x"}, {"q1": "x", "q2": "x"}, {("q2", "d"): 1})
    result = graphwell("eval", folder, "--limit", "1")
    assert result.exit_code == 1
    assert "raise --limit" in result.stderr


@pytest.mark.parametrize("option", ["--output", "--plot"])
@pytest.mark.parametrize("place", ["nowhere/run.svg", "a-folder.svg"])
def test_a_file_that_cannot_be_written_is_told_before_the_work(
    graphwell: Graphwell, api: FakeApi, fruit: Path, option: str, place: str
) -> None:
    (fruit / "a-folder.svg").mkdir()
    result = graphwell("eval", fruit, option, fruit / place)
    assert result.exit_code == 2
    assert Path(place).parts[0] in result.stderr
    assert api.bodies("/v1/documents") == []


def test_a_broken_collection_is_one_sentence(graphwell: Graphwell, fruit: Path) -> None:
    (fruit / "qrels.tsv").unlink()
    result = graphwell("eval", fruit)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has no qrels.tsv" in result.stderr


@pytest.mark.parametrize(("name", "tenant"), [("scifact", "eval-scifact"), ("a b.ü", "eval-a-b--"), ("x" * 99, None)])
def test_the_tenant_is_named_after_the_folder(name: str, tenant: str | None) -> None:
    assert default_tenant(name) == (tenant or "eval-" + "x" * 59)


def test_ten_documents_are_ranked_besides_those_that_are_taken_out(
    graphwell: Graphwell, api: FakeApi, tmp_path: Path
) -> None:
    """The tenth document is the eleventh of the reply, whose first is judged below zero."""
    documents = {str(number): "word" for number in range(30)}
    folder = write_collection(tmp_path / "self", documents, {"q": "word"}, {("q", "0"): -1, ("q", "10"): 1})
    figures = json.loads(graphwell("eval", folder, "--top-k", "10", "--json").stdout)
    assert figures["recall@10"] == 1.0
    assert [body["top_k"] for body in api.bodies("/v1/search")] == [10, 20]
