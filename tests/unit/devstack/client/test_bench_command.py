"""`graphwell bench`: what it asks, and what it counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.devstack.client.fake_api import FakeApi, problem

Graphwell = Callable[..., Any]
SHORT = ("--tenant", "acme", "--seconds", "0.1")


@pytest.fixture
def filled(api: FakeApi) -> FakeApi:
    api.documents = {name: {"id": name, "title": f"About {name}", "text": name} for name in ("one", "two", "three")}
    return api


def test_each_step_has_its_callers_rate_and_percentiles(graphwell: Graphwell, filled: FakeApi) -> None:
    result = graphwell("bench", *SHORT, "--concurrency", "1,3", "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["route"], report["tenant"]) == (0, "POST /v1/search", "acme")
    assert [step["concurrency"] for step in report["steps"]] == [1, 3]
    for step in report["steps"]:
        assert step["requests"] > 0
        assert step["requests_per_s"] > 0
        assert 0 < step["p50_ms"] <= step["p95_ms"] <= step["p99_ms"]
        assert step["errors"] == {}
    assert sum(step["requests"] for step in report["steps"]) == len(filled.bodies("/v1/search"))


def test_it_asks_for_the_titles_of_all_pages_in_turn(graphwell: Graphwell, filled: FakeApi) -> None:
    graphwell("bench", *SHORT, "--concurrency", "1")
    asked = [body["query"] for body in filled.bodies("/v1/search")]
    assert asked[:4] == ["About one", "About two", "About three", "About one"]


def test_it_asks_what_a_file_holds_of_the_route_that_is_named(
    graphwell: Graphwell, filled: FakeApi, tmp_path: Path
) -> None:
    filled.answer = {"answer": "Yes.", "grounded": True, "citations": [], "passages": [], "cache": {"hit": None}}
    (tmp_path / "questions").write_text("Who?\n\nWhy?\n")
    result = graphwell(
        "bench", *SHORT, "--concurrency", "1", "--route", "query", "--questions", str(tmp_path / "questions")
    )
    assert result.exit_code == 0, result.stderr
    assert {body["question"] for body in filled.bodies("/v1/query")} == {"Who?", "Why?"}


def test_refusals_are_counted_by_status_and_not_tried_again(graphwell: Graphwell, filled: FakeApi) -> None:
    filled.refusals = [problem(429, "Too many"), problem(503, "Away")]
    report = json.loads(graphwell("bench", *SHORT, "--concurrency", "1", "--json").stdout)
    (step,) = report["steps"]
    assert step["errors"] == {"429": 1, "503": 1}


def test_a_caller_who_is_refused_is_told_at_once(graphwell: Graphwell, filled: FakeApi) -> None:
    filled.refusals = [problem(403, "Not yours")]
    result = graphwell("bench", *SHORT)
    assert result.exit_code == 1
    assert "Not yours" in result.stderr


def test_a_tenant_without_documents_needs_questions(graphwell: Graphwell) -> None:
    result = graphwell("bench", *SHORT)
    assert result.exit_code == 1
    assert "--questions FILE" in result.stderr


@pytest.mark.parametrize("steps", ["", "0", "1,x", "1000", "-1"])
def test_numbers_of_callers_that_make_no_sense_are_refused(graphwell: Graphwell, steps: str) -> None:
    result = graphwell("bench", *SHORT, "--concurrency", steps)
    assert result.exit_code == 2
    assert "such as 1,8,32" in result.stderr


def test_questions_that_are_no_utf8_are_wrong_usage(graphwell: Graphwell, filled: FakeApi, tmp_path: Path) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_bytes("Où est le café ?\n".encode("cp1252"))
    result = graphwell("bench", *SHORT, "--concurrency", "1", "--questions", questions, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: {questions} is not UTF-8 (byte 1); convert it.\n"
    assert filled.requests == []


def test_a_question_ends_at_a_line_end_alone(graphwell: Graphwell, filled: FakeApi, tmp_path: Path) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text("one\u2028two\r\n\nthree\n", encoding="utf-8", newline="")
    graphwell("bench", *SHORT, "--concurrency", "1", "--questions", questions)
    assert [body["query"] for body in filled.bodies("/v1/search")][:2] == ["one\u2028two", "three"]
