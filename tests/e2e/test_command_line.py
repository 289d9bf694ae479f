"""The commands of the README against the running stack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.stack import CHECKOUT, Stack

DEMO_TEXTS = CHECKOUT / "demo" / "texts"
FASTAPI_DOCS = CHECKOUT.parent / "shared" / "data" / "documents" / "fastapi"


def test_the_demo_prints_a_quotation_that_it_found_in_the_file(stack: Stack) -> None:
    shown = stack.command("demo")

    assert shown.returncode == 0, shown.stderr
    assert "particularly describing the place to be searched" in shown.stdout
    assert "Checked: the quotation stands word for word in demo/texts/bill-of-rights.md" in shown.stdout
    again = stack.command("demo")
    assert again.returncode == 0, again.stderr
    assert "3 unchanged" in again.stdout


def test_ask_and_search_give_json_alone(stack: Stack) -> None:
    stack.command("ingest", str(DEMO_TEXTS), "--tenant", "cli")

    answer = json.loads(stack.command("ask", "What may Congress not abridge?", "--tenant", "cli", "--json").stdout)
    found = json.loads(
        stack.command("search", "Which searches and seizures are unreasonable?", "--tenant", "cli", "--json").stdout
    )
    jobs = json.loads(stack.command("jobs", "--tenant", "cli", "--json").stdout)

    streamed = stack.command("ask", "What may Congress not abridge?", "--tenant", "cli", "--stream")
    assert streamed.stdout.startswith(f"{answer['answer']}\n\nSources\n[1] "), streamed.stderr
    source = (DEMO_TEXTS / answer["citations"][0]["document_id"]).read_text()
    citation = answer["citations"][0]
    assert source[citation["start"] : citation["end"]] == citation["quote"]
    assert found["passages"][0]["document_id"] == "bill-of-rights.md"
    assert jobs["jobs"][0]["status"] == "succeeded"


def test_an_unsupported_file_is_reported_and_the_rest_goes_in(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n\nThe good file goes in.\n")
    (tmp_path / "empty.txt").write_text("  \n")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    ingested = stack.command("ingest", str(tmp_path), "--tenant", "cli-files")

    assert ingested.returncode == 1
    assert "good.md" in ingested.stdout
    assert "empty.txt" in ingested.stderr
    found = json.loads(stack.command("search", "good file", "--tenant", "cli-files", "--json").stdout)
    assert [passage["document_id"] for passage in found["passages"]] == ["good.md"]


def test_eval_measures_a_collection(stack: Stack, tmp_path: Path) -> None:
    texts = {"a": "Bees make honey from nectar.", "b": "Iron rusts in damp air.", "c": "Tides follow the moon."}
    corpus = [{"id": key, "title": f"Fact {key}", "text": text} for key, text in texts.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(json.dumps(entry) for entry in corpus))
    questions = {"q1": "How is honey made?", "q2": "Why does iron rust?", "q3": "What moves the tides?"}
    (tmp_path / "queries.jsonl").write_text(
        "\n".join(json.dumps({"id": key, "text": text}) for key, text in questions.items())
    )
    (tmp_path / "qrels.tsv").write_text("query-id\tdoc-id\tscore\nq1\ta\t1\nq2\tb\t1\nq3\tc\t1\n")

    report = json.loads(stack.command("eval", str(tmp_path), "--json").stdout)

    assert report["ndcg@10"] == report["recall@10"] == report["mrr@10"] == 1.0
    assert report["queries"] == 3
    assert report["documents"] == 3
    assert report["p50_ms"] > 0
    assert report["chunks_per_s"] > 0


@pytest.mark.skipif(not FASTAPI_DOCS.is_dir(), reason="../shared/data is not beside this checkout")
def test_questions_about_real_documentation_cite_the_right_page(stack: Stack) -> None:
    ingested = stack.command("ingest", str(FASTAPI_DOCS / "tutorial"), "--tenant", "fastapi")
    assert ingested.returncode == 0, ingested.stderr

    declared = _answer(stack, "how do I declare a dependency with yield?")
    invalid = _answer(stack, "what does FastAPI raise when a request contains invalid data?")

    assert "dependencies-with-yield" in declared["citations"][0]["document_id"]
    assert {citation["document_id"] for citation in invalid["citations"]} == {"handling-errors.md"}
    assert any("RequestValidationError" in citation["quote"] for citation in invalid["citations"])


def _answer(stack: Stack, question: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads(
        stack.command("ask", question, "--tenant", "fastapi", "--json").stdout
    )
    return found


@pytest.mark.parametrize("event", sorted((CHECKOUT / "events").glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_event_can_be_invoked(stack: Stack, event: Path) -> None:
    function = event.stem.split("_")[0]

    invoked = stack.command("invoke", function, str(event))

    if function == "authorizer":  # its sample token is not one of this stack's
        assert "Unauthorized" in invoked.stdout + invoked.stderr
    else:
        assert invoked.returncode == 0, invoked.stdout + invoked.stderr


def test_status_names_the_parts(stack: Stack) -> None:
    status = stack.status

    assert status["status"] == "running"
    assert status["url"].startswith("http://127.0.0.1:")
    assert {"neo4j", "valkey", "sqs", "dynamodb", "s3"} <= status["services"].keys()
