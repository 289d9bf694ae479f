"""What up, down and status say, and their exit codes, when nothing needs to be started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devstack.board import Board
from devstack.cli.main import run
from devstack.progress import NoDisplay
from devstack.state import ComponentState, DataFolder, Status


def test_status_of_a_folder_without_a_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["status", "--json", "--data", str(tmp_path / "none")])

    report = json.loads(capsys.readouterr().out)
    assert code == 3
    assert (report["status"], report["url"], report["pid"], report["services"]) == ("stopped", None, None, {})


def test_status_of_a_running_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataFolder(tmp_path)
    with folder.held():
        board = Board(folder, NoDisplay(), {})
        board.show("neo4j", ComponentState(Status.READY, "in 7.0 s", pid=1, port=2))
        board.running("http://127.0.0.1:8787")
        code = run(["status", "--json", "--data", str(tmp_path)])

    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (report["status"], report["url"], report["data"]) == ("running", "http://127.0.0.1:8787", str(tmp_path))
    assert report["services"]["neo4j"] == {
        "status": "ready",
        "detail": "in 7.0 s",
        "pid": 1,
        "port": 2,
        "restarts": 0,
    }


def test_status_counts_how_often_a_server_was_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataFolder(tmp_path)
    with folder.held():
        board = Board(folder, NoDisplay(), {})
        for name, restarts in {"neo4j": 0, "sqs": 1, "s3": 2}.items():
            board.show(name, ComponentState(Status.READY, "in 7.0 s", restarts=restarts))
        run(["status", "--data", str(tmp_path)])

    _, *lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "  neo4j      ready in 7.0 s",
        "  sqs        ready in 7.0 s, restarted 1 time",
        "  s3         ready in 7.0 s, restarted 2 times",
    ]


def test_a_stack_that_was_killed_is_stopped_whatever_its_state_file_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Board(DataFolder(tmp_path), NoDisplay(), {}).running("http://127.0.0.1:8787")

    code = run(["status", "--json", "--data", str(tmp_path)])

    assert code == 3
    assert json.loads(capsys.readouterr().out)["url"] is None


def test_status_tells_why_the_last_start_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Board(DataFolder(tmp_path), NoDisplay(), {}).stopped("neo4j did not answer.")

    run(["status", "--data", str(tmp_path)])

    assert "neo4j did not answer." in capsys.readouterr().out


def test_up_in_the_foreground_refuses_a_folder_with_a_running_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with DataFolder(tmp_path).held():
        code = run(["up", "--data", str(tmp_path), "--template", __file__])

    assert code == 1
    assert "A stack is already running" in capsys.readouterr().err


def test_up_detached_is_harmless_when_the_stack_is_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataFolder(tmp_path)
    with folder.held():
        Board(folder, NoDisplay(), {}).running("http://127.0.0.1:8787")
        code = run(["up", "--detach", "--data", str(tmp_path)])

    assert code == 0
    assert "already running" in capsys.readouterr().out


def test_down_without_a_stack_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["down", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "The local stack is not running.\n"


@pytest.mark.parametrize("pair", ["ChunkTokens", "=256", ""])
def test_a_parameter_that_is_no_pair_is_refused(pair: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["up", "--data", str(tmp_path), "--parameter", pair])

    assert code == 2
    assert "must look like NAME=VALUE" in capsys.readouterr().err


def test_a_missing_template_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["up", "--detach", "--data", str(tmp_path), "--template", str(tmp_path / "none.yaml")])

    assert code == 1
    assert "There is no template at" in capsys.readouterr().err
