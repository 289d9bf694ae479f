"""Dead letters that cannot be moved: each reason in one sentence. Moving them is tested on the real SQS server."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.board import Board
from devstack.cli.main import run
from devstack.ports import choose_ports
from devstack.progress import NoDisplay
from devstack.state import ComponentState, DataFolder, Status

NOBODY = "http://127.0.0.1:{port}/000000000000/EmbedDeadLetterQueue"


def test_a_stack_that_was_killed_has_no_queues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = choose_ports(["sqs"], {})["sqs"]
    Board(DataFolder(tmp_path), NoDisplay(), {}).show("sqs", ComponentState(Status.READY, port=port))
    assert run(["redrive", "--dead-letters", "embed", "--data", str(tmp_path)]) == 1
    assert "The local stack is not running" in capsys.readouterr().err


def test_a_queue_that_does_not_answer_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    queue = NOBODY.format(port=choose_ports(["sqs"], {})["sqs"])
    assert run(["redrive", "--dead-letters", queue]) == 1
    said = capsys.readouterr().err
    assert "SQS could not be asked" in said
    assert "check the queue's URL and the AWS credentials" in said
    assert "refused" not in said.partition("(")[0]
