"""`graphwell eval --output` and `graphwell compare`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from devstack.cli.commands.compare import Measure
from devstack.evaluation.figures import MEASURES
from tests.unit.devstack.client.fake_api import FakeApi, problem

Graphwell = Callable[..., Any]


@pytest.fixture
def run_file(graphwell: Graphwell, fruit: Path, tmp_path: Path) -> Path:
    path = tmp_path / "before.json"
    assert graphwell("eval", fruit, "--output", path).exit_code == 0
    return path


def test_a_run_file_holds_each_judged_query(run_file: Path) -> None:
    figures = json.loads(run_file.read_text())
    assert [query["id"] for query in figures["per_query"]] == ["q1", "q2"]
    assert figures["per_query"][1]["recall@10"] == 0.5
    assert all(query["ms"] >= 0 for query in figures["per_query"])


def test_a_run_equals_itself(graphwell: Graphwell, run_file: Path) -> None:
    result = graphwell("compare", run_file, run_file, "--json", connect=False)
    shown = json.loads(result.stdout)
    assert (shown["difference"], shown["p_value"], shown["equal"]) == (0.0, 1.0, 2)


def test_a_query_that_fails_later_is_named(
    graphwell: Graphwell, api: FakeApi, fruit: Path, run_file: Path, tmp_path: Path
) -> None:
    api.interruptions = [problem(500, "Broken")]
    after = tmp_path / "after.json"
    graphwell("eval", fruit, "--skip-ingest", "--output", after)
    result = graphwell("compare", run_file, after, "--measure", "mrr@10", connect=False)
    assert result.exit_code == 0
    assert "mrr@10  1.0 -> 0.5 over 2 queries" in result.stdout
    assert "  q1  1.0 -> 0.0" in result.stdout
    assert "may be chance" in result.stdout


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_runs_and_comparisons_are_drawn(
    graphwell: Graphwell, fruit: Path, run_file: Path, tmp_path: Path, ending: str
) -> None:
    one, both = tmp_path / f"one.{ending}", tmp_path / f"both.{ending}"
    assert graphwell("eval", fruit, "--skip-ingest", "--plot", one).exit_code == 0
    assert graphwell("compare", run_file, run_file, "--plot", both, connect=False).exit_code == 0
    for path in (one, both):
        if ending == "svg":
            assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        else:
            assert path.read_bytes().startswith(b"\x89PNG")


def test_a_plot_of_an_unknown_kind_is_refused_before_anything_is_asked(
    graphwell: Graphwell, api: FakeApi, fruit: Path, tmp_path: Path
) -> None:
    result = graphwell("eval", fruit, "--plot", tmp_path / "plot.doc")
    assert result.exit_code == 2
    assert "end the plot's name in .svg, .png, .pdf" in result.stderr
    assert not api.bodies("/v1/search")


@pytest.mark.parametrize("content", ["", "[]", '{"collection": "fruit", "per_query": [{"id": "q1"}]}'])
def test_a_file_that_is_no_run_is_one_sentence(
    graphwell: Graphwell, run_file: Path, tmp_path: Path, content: str
) -> None:
    other = tmp_path / "other.json"
    other.write_text(content)
    result = graphwell("compare", run_file, other, connect=False)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is not a run" in result.stderr


def test_a_missing_run_is_one_sentence(graphwell: Graphwell, run_file: Path, tmp_path: Path) -> None:
    result = graphwell("compare", run_file, tmp_path / "none.json", connect=False)
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_every_measure_can_be_compared() -> None:
    assert {measure.value for measure in Measure} == set(MEASURES)
