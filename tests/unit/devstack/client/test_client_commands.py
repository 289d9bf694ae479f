"""The commands as a person or a program uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.cli.main import run
from tests.unit.devstack.client.fake_api import FakeApi, Waits, problem

Graphwell = Callable[..., Any]

CITATION = {"document_id": "deps.md", "chunk_id": "c1", "quote": "use `yield`\ninstead", "start": 10, "end": 29}
PASSAGE = {"document_id": "deps.md", "chunk_id": "c1", "title": "Dependencies", "text": "t", "score": 0.5}
ANSWER = {
    "answer": "Use yield. [1]",
    "grounded": True,
    "citations": [CITATION],
    "passages": [PASSAGE],
    "cache": {"hit": None},
    "degraded": [],
    "usage": {"prompt_tokens": 0},
    "request_id": "req-9",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "one.md").write_text("# One\n\napples")
    (tmp_path / "sub" / "two.txt").write_text("pears")
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    return tmp_path


def test_ingest_reports_each_file(graphwell: Graphwell, folder: Path) -> None:
    result = graphwell("ingest", folder)
    assert result.exit_code == 0
    assert "accepted   one.md\n" in result.stdout
    assert "accepted   sub/two.txt\n" in result.stdout
    assert "skipped    image.png\n" in result.stdout
    assert "2 accepted, 1 skipped; 4 chunks in" in result.stdout
    assert result.stderr == ""


def test_ingest_again_changes_nothing(graphwell: Graphwell, folder: Path) -> None:
    graphwell("ingest", folder)
    result = graphwell("ingest", folder, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["counts"] == {"accepted": 0, "unchanged": 2, "skipped": 1, "failed": 0}
    assert report["jobs"] == []


def test_ingest_with_failures_lists_them_and_exits_1(graphwell: Graphwell, folder: Path) -> None:
    (folder / "empty.md").write_text(" ")
    (folder / "bad.md").write_text("REFUSE")
    (folder / "late.md").write_text("FAIL")
    result = graphwell("ingest", folder)
    assert result.exit_code == 1
    assert result.stderr.startswith("3 failed:\n")
    assert "empty.md (empty.md): has no text" in result.stderr
    assert "bad.md (bad.md): The server answered 422" in result.stderr
    assert "late.md (late.md): no text in it" in result.stderr
    assert "2 accepted" in result.stdout


def test_ingest_json_is_only_json(graphwell: Graphwell, folder: Path) -> None:
    (folder / "old.txt").write_bytes(b"caf\xe9")
    (folder / "bad.md").write_text("REFUSE")
    result = graphwell("ingest", folder, "--tenant", "acme", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["tenant"] == "acme"
    assert report["notes"] == {"old.txt": "not UTF-8, read as Windows-1252"}
    assert {entry["file"]: entry["status"] for entry in report["documents"]} == {
        "one.md": "accepted",
        "sub/two.txt": "accepted",
        "old.txt": "accepted",
        "bad.md": "failed",
        "image.png": "skipped",
    }


def test_ingest_without_waiting_does_not_poll(graphwell: Graphwell, api: FakeApi, folder: Path) -> None:
    result = graphwell("ingest", folder, "--no-wait", "--tenant", "acme")
    assert result.exit_code == 0
    assert "indexing goes on, see `graphwell jobs --watch --tenant acme` (job-1)" in result.stdout
    assert {request.method for request in api.requests} == {"POST"}


def test_ingest_of_a_corpus_counts_its_documents(graphwell: Graphwell, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps({"id": str(number), "text": f"t{number}"}) + "\n" for number in range(3)))
    assert "3 accepted  corpus.jsonl\n" in graphwell("ingest", corpus).stdout


@pytest.mark.parametrize("name", ["nowhere", "empty", "picture.png"])
def test_ingest_of_nothing_is_an_error(graphwell: Graphwell, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    result = graphwell("ingest", tmp_path / name)
    assert result.exit_code == (2 if name == "nowhere" else 1)
    assert name in result.stderr


def test_ingest_file_names_cannot_steer_the_terminal(graphwell: Graphwell, tmp_path: Path) -> None:
    (tmp_path / "\x1b[31mred.md").write_text("text")
    result = graphwell("ingest", tmp_path)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


def test_ask_prints_answer_and_sources(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = ANSWER
    result = graphwell("ask", "how?", "--top-k", "3")
    assert result.exit_code == 0
    assert result.stdout == (
        "Use yield. [1]\n\nSources\n[1] Dependencies (deps.md, characters 10-29)\n    “use `yield` instead”\n"
    )
    assert api.bodies("/v1/query") == [{"question": "how?", "top_k": 3}]


STEPS = [
    {"kind": "search", "asked": "how?\n", "found": ["deps.md~1~0"], "new": 1, "duration_ms": 12.3},
    {"kind": "plan", "tokens": 120, "duration_ms": 900.0},
    {"kind": "refused", "error": "There is no such tool.\x1b[31m"},
    {"kind": "answer", "found": ["deps.md~1~0"], "duration_ms": 1.0},
]


def test_agent_shows_its_steps_beside_answer_and_sources(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = {**ANSWER, "steps": STEPS, "stopped": "done"}
    result = graphwell("agent", "how?", "--top-k", "3", "--steps", "4", "--seconds", "2.5")
    assert result.exit_code == 0
    assert result.stdout == graphwell("ask", "how?").stdout
    assert result.stderr.splitlines() == [
        " 1. search how?: 1 passages, 1 new (12 ms)",
        " 2. plan: 120 tokens (900 ms)",
        " 3. refused: There is no such tool.\N{REPLACEMENT CHARACTER}[31m (0 ms)",
        " 4. answer: 1 passages cited (1 ms)",
    ]
    assert api.bodies("/v1/agent") == [{"question": "how?", "top_k": 3, "budget": {"steps": 4, "seconds": 2.5}}]


@pytest.mark.parametrize("seconds", ["20", "26"])
def test_agent_takes_what_ask_takes(graphwell: Graphwell, api: FakeApi, tmp_path: Path, seconds: str) -> None:
    api.answer = {**ANSWER, "steps": STEPS, "stopped": "done"}
    turns = [{"role": "user", "content": "what?"}]
    (tmp_path / "turns.json").write_text(json.dumps(turns))
    options = ["--mode", "hybrid", "--top-k", "3", "--filter", "document_id=a", "--history", tmp_path / "turns.json"]
    graphwell("ask", "how?", *options)
    assert graphwell("agent", "how?", *options, "--seconds", seconds).exit_code == 0
    (asked,), (by_steps,) = api.bodies("/v1/query"), api.bodies("/v1/agent")
    assert by_steps == {**asked, "budget": {"seconds": float(seconds)}}
    assert asked["mode"] == "hybrid"


def test_agent_gives_json_alone(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = {**ANSWER, "steps": STEPS, "stopped": "done"}
    result = graphwell("agent", "how?", "--json")
    assert json.loads(result.stdout) == api.answer
    assert api.bodies("/v1/agent") == [{"question": "how?"}]


def test_agent_waits_for_a_run_that_is_a_job(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = {**ANSWER, "steps": STEPS, "stopped": "done"}
    waited = graphwell("agent", "how?", "--seconds", "25")
    result = graphwell("agent", "how?", "--seconds", "26")
    assert result.exit_code == 0
    assert result.stdout == waited.stdout
    job, *states = [line for line in result.stderr.splitlines() if line not in waited.stderr.splitlines()]
    assert (job, states) == ("Job job-1: running", ["Job job-1: succeeded"])
    assert json.loads(graphwell("agent", "how?", "--seconds", "26", "--json").stdout) == api.answer


def test_a_run_without_an_answer_fails_with_its_reason(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = {}
    result = graphwell("agent", "how?", "--seconds", "26")
    assert result.exit_code == 1
    assert "Neo4j was away." in result.stderr
    assert result.stdout == ""


def streamed_answer(*parts: str, **changes: Any) -> list[tuple[str, Any]]:
    """Return the events of an answer that is told in these parts."""
    passages = [{**PASSAGE, "start": 0, "end": 1, "headings": [], "page": None}]
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "model": None}
    whole = {**ANSWER, "citations": [{**CITATION, "page": None}], "passages": passages, "usage": usage, **changes}
    deltas = [("delta", {"text": part}) for part in parts]
    return [("passages", {"passages": passages}), *deltas, ("answer", whole)]


def test_ask_prints_a_streamed_answer_as_it_prints_a_whole_one(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = ANSWER
    api.events = streamed_answer("Use ", "yield. [1]")
    whole, streamed = graphwell("ask", "how?"), graphwell("ask", "how?", "--stream", "--top-k", "3")
    assert streamed.exit_code == 0
    assert streamed.stdout == whole.stdout
    assert api.bodies("/v1/query/stream") == [{"question": "how?", "top_k": 3}]


def test_ask_prints_a_refusal_of_which_nothing_was_streamed(graphwell: Graphwell, api: FakeApi) -> None:
    api.events = streamed_answer(answer="The documents do not say.", grounded=False, citations=[])
    assert graphwell("ask", "how?", "--stream").stdout.startswith("The documents do not say.\n\nNot grounded")


def test_ask_keeps_what_came_of_a_streamed_answer_that_failed(graphwell: Graphwell, api: FakeApi) -> None:
    api.events = [*streamed_answer("Use \x1b[31m")[:2], ("error", json.loads(problem(503, "The model is away.").text))]
    result = graphwell("ask", "how?", "--stream")
    assert (result.exit_code, result.stdout) == (1, "Use \N{REPLACEMENT CHARACTER}[31m\n")
    assert "The model is away" in result.stderr


def test_ask_for_json_is_not_streamed(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = ANSWER
    assert json.loads(graphwell("ask", "how?", "--stream", "--json").stdout) == ANSWER
    assert api.bodies("/v1/query/stream") == []


def test_ask_in_a_conversation_sends_the_turns_of_a_file(graphwell: Graphwell, api: FakeApi, tmp_path: Path) -> None:
    api.answer = ANSWER
    turns = [{"role": "user", "content": "What is yield?"}]
    (tmp_path / "turns.json").write_text(json.dumps(turns))
    assert graphwell("ask", "and how?", "--history", tmp_path / "turns.json").exit_code == 0
    assert api.bodies("/v1/query") == [{"question": "and how?", "history": turns}]


@pytest.mark.parametrize("content", [None, "{", "{}", '["text"]'])
def test_ask_refuses_a_file_that_is_no_conversation(graphwell: Graphwell, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "turns.json").write_text(content)
    result = graphwell("ask", "and how?", "--history", tmp_path / "turns.json")
    assert result.exit_code == 2
    assert "turns.json" in result.stderr


def test_ask_says_when_the_documents_do_not_answer(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = {"answer": "I cannot tell.", "grounded": False, "citations": [], "degraded": ["cache"]}
    result = graphwell("ask", "how?")
    assert result.exit_code == 0
    assert "Not grounded" in result.stdout
    assert "answered without cache" in result.stderr


def test_ask_json_is_the_reply_as_it_came(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = ANSWER
    assert json.loads(graphwell("ask", "how?", "--json").stdout) == ANSWER


def test_search_prints_ranked_passages(graphwell: Graphwell, api: FakeApi, folder: Path) -> None:
    graphwell("ingest", folder)
    result = graphwell("search", "apples", "--mode", "vector")
    assert result.stdout == "  1. 0.1000  One\n     one.md, characters 0-13\n     # One apples\n"
    assert api.bodies("/v1/search") == [{"query": "apples", "mode": "vector"}]


def test_search_without_hits_says_so(graphwell: Graphwell) -> None:
    result = graphwell("search", "nothing")
    assert (result.exit_code, result.stdout) == (0, "No passage fits.\n")
    assert json.loads(graphwell("search", "nothing", "--json").stdout) == {"passages": [], "timings_ms": {}}


def test_jobs_are_a_table(graphwell: Graphwell, folder: Path) -> None:
    assert graphwell("jobs").stdout == "No jobs.\n"
    (folder / "late.md").write_text("FAIL")
    graphwell("ingest", folder)
    result = graphwell("jobs")
    assert result.exit_code == 0
    assert "job-1  partially_failed   2 of 3 done, 1 failed     4 of 6 embedded\n" in result.stdout
    assert "  late.md: no text in it\n" in result.stdout


def test_one_job_as_json(graphwell: Graphwell, api: FakeApi, folder: Path) -> None:
    graphwell("ingest", folder)
    assert json.loads(graphwell("jobs", "job-1", "--json").stdout)["status"] == "succeeded"
    unknown = graphwell("jobs", "job/9", "--json")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "There is no job job/9" in unknown.stderr
    assert api.requests[-1].url.raw_path == b"/v1/jobs/job%2F9"


def test_watching_a_job_ends_with_it(graphwell: Graphwell, api: FakeApi, folder: Path) -> None:
    api.polls_until_done = 2
    graphwell("ingest", folder, "--no-wait")
    result = graphwell("jobs", "job-1", "--watch")
    assert result.exit_code == 0
    assert result.stdout.count("running") == 1
    assert "succeeded" in result.stdout


def test_watching_a_job_that_fails_exits_1(graphwell: Graphwell, tmp_path: Path) -> None:
    (tmp_path / "late.md").write_text("FAIL")
    graphwell("ingest", tmp_path, "--no-wait")
    result = graphwell("jobs", "job-1", "--watch", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "failed"


def test_jobs_are_chosen_by_filters(graphwell: Graphwell, api: FakeApi, folder: Path) -> None:
    (folder / "late.md").write_text("FAIL")
    graphwell("ingest", folder)
    assert "job-1" in graphwell("jobs", "--status", "partially_failed").stdout
    assert graphwell("jobs", "--status", "failed", "--after", "2026-01-01T00:00:00Z").stdout == "No jobs.\n"
    assert api.requests[-1].url.params["created_after"] == "2026-01-01T00:00:00Z"


def test_a_job_is_cancelled(graphwell: Graphwell, folder: Path) -> None:
    graphwell("ingest", folder)
    assert "cancelled" in graphwell("jobs", "job-1", "--cancel").stdout


def test_a_retry_is_keyed_and_says_what_to_send_again(graphwell: Graphwell, api: FakeApi, folder: Path) -> None:
    (folder / "late.md").write_text("FAIL")
    graphwell("ingest", folder)
    result = graphwell("jobs", "job-1", "--retry")
    assert result.stderr == "late.md: Send it again.\n"
    (retry,) = (request for request in api.requests if request.url.path.endswith("/retry"))
    assert retry.headers["idempotency-key"]


@pytest.mark.parametrize(
    "wrong",
    [["--retry"], ["--cancel"], ["job-1", "--retry", "--cancel"], ["job-1", "--status", "failed"]],
    ids=" ".join,
)
def test_jobs_used_wrongly_says_how(graphwell: Graphwell, wrong: list[str]) -> None:
    assert graphwell("jobs", *wrong).exit_code == 2


def test_redrive_retries_every_failed_job_once(graphwell: Graphwell, api: FakeApi, folder: Path) -> None:
    (folder / "late.md").write_text("FAIL")
    graphwell("ingest", folder)
    result = graphwell("redrive")
    assert result.stdout == "1 job retried.\nNo longer there, and to be sent again:\n  job-1  late.md: Send it again.\n"
    assert result.exit_code == 1
    assert [request.url.path for request in api.requests if "retry" in request.url.path] == ["/v1/jobs/job-1/retry"]
    api.jobs["job-1"]["errors"] = []
    assert json.loads(graphwell("redrive", "--json").stdout) == {
        "jobs": [{"id": "job-1", "status": "partially_failed", "send_again": []}]
    }


def test_redrive_of_a_queue_that_is_none_is_wrong_usage(graphwell: Graphwell) -> None:
    assert graphwell("redrive", "--dead-letters", "nowhere").exit_code == 2


@pytest.mark.parametrize("command", [["ask", "q"], ["search", "q"], ["jobs"], ["redrive"], ["ask", "q", "--json"]])
def test_server_errors_are_one_sentence_on_stderr(graphwell: Graphwell, api: FakeApi, command: list[str]) -> None:
    api.interruptions = [problem(500, "Something broke")] * 20
    result = graphwell(*command)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == ("Error: The server answered 500 Internal Server Error: Something broke (request req-1).\n")


def test_passing_trouble_is_not_seen(graphwell: Graphwell, api: FakeApi, waits: Waits) -> None:
    api.interruptions = [httpx.ConnectError("refused"), problem(429, "slow", headers={"retry-after": "2"})]
    assert graphwell("search", "x").exit_code == 0
    assert len(waits.slept_s) == 2


def test_a_reply_of_another_version_is_told_as_such(graphwell: Graphwell, api: FakeApi) -> None:
    api.answer = {"text": "odd"}
    result = graphwell("ask", "how?")
    assert result.exit_code == 1
    assert "a reply that this version does not understand (answer)" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", "q", "--top-k", "0"],
        ["ask", "q", "--top-k", "101"],
        ["search", "q", "--mode", "magic"],
        ["ingest"],
        ["unknown-command"],
        ["--unknown-option"],
        ["ask", "q", "--tenant", "not valid"],
        ["ask", "q", "--url", "nonsense"],
        ["search", "\udcff"],
    ],
)
def test_wrong_usage_exits_2(graphwell: Graphwell, arguments: list[str]) -> None:
    options = ["--url", "https://api.test", "--token", "t"] if "--url" not in arguments else ["--token", "t"]
    is_command = arguments[0] in {"ask", "search", "ingest"}
    result = graphwell(*arguments, *(options if is_command else []), connect=False)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_no_stack_and_no_address_is_one_sentence(graphwell: Graphwell, tmp_path: Path) -> None:
    result = graphwell("ask", "q", "--tenant", "acme", "--data", tmp_path, connect=False)
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: The local stack is not running; start it with `graphwell up`, or pass --url and --token.\n"
    )


def test_interrupting_exits_130(graphwell: Graphwell, api: FakeApi) -> None:
    api.interruptions = [KeyboardInterrupt()]
    assert graphwell("ask", "q").exit_code == 130


def test_faults_of_its_own_show_no_stack_trace(graphwell: Graphwell, api: FakeApi) -> None:
    api.interruptions = [ZeroDivisionError("division by zero")]
    result = graphwell("ask", "q")
    assert result.exit_code == 1
    assert "fault of its own (ZeroDivisionError: division by zero)" in result.stderr
    assert "Traceback" not in result.stderr


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("graphwell ")
    assert run(["ingest", "--help"]) == 0
