"""Files that the stack reads itself, through `graphwell ingest`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.client.api import GraphwellClient
from devstack.client.documents import OutcomeStatus, UploadableFile
from devstack.client.uploads import FileUploader
from tests.unit.devstack.client.fake_api import FakeApi

Graphwell = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.md").write_text("# One\n\napples")
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "two.pdf").write_bytes(b"pears")
    return tmp_path


def test_files_of_both_ways_are_reported_alike(graphwell: Graphwell, api: FakeApi, folder: Path) -> None:
    result = graphwell("ingest", folder)
    assert result.exit_code == 0, result.stderr
    assert "accepted   one.md\n" in result.stdout
    assert "accepted   papers/two.pdf\n" in result.stdout
    assert "2 accepted; 4 chunks in" in result.stdout
    assert api.bodies("/v1/uploads") == [
        {"filename": "papers/two.pdf", "content_type": "application/pdf", "size": 5, "id": "papers:two.pdf"}
    ]


def test_a_file_sent_again_is_unchanged(graphwell: Graphwell, folder: Path) -> None:
    graphwell("ingest", folder)
    report = json.loads(graphwell("ingest", folder, "--json").stdout)
    assert report["counts"] == {"accepted": 0, "unchanged": 2, "skipped": 0, "failed": 0}


def test_what_makes_a_file_unusable_is_told(graphwell: Graphwell, folder: Path) -> None:
    (folder / "papers" / "two.pdf").write_bytes(b"FAIL")
    (folder / "empty.docx").write_bytes(b"")
    result = graphwell("ingest", folder)
    assert result.exit_code == 1
    assert "papers/two.pdf (papers:two.pdf): scanned: pictures only" in result.stderr
    assert "empty.docx (empty.docx): The server answered 422" in result.stderr
    assert "accepted   one.md\n" in result.stdout


def test_a_file_that_is_gone_by_now_fails_alone(client: GraphwellClient, tmp_path: Path) -> None:
    (tmp_path / "two.pdf").write_bytes(b"pears")
    files = [UploadableFile(name, tmp_path / name, "application/pdf", name) for name in ("gone.pdf", "two.pdf")]
    outcomes = {outcome.file: outcome for outcome in FileUploader(client).upload(files)}
    assert outcomes["gone.pdf"].reason == "cannot be read: No such file or directory"
    assert outcomes["two.pdf"].status is OutcomeStatus.ACCEPTED


def test_passing_faults_of_the_store_are_not_seen(graphwell: Graphwell, api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "two.pdf").write_bytes(b"pears")
    api.store_faults = [httpx.Response(503), httpx.ConnectError("reset")]
    assert graphwell("ingest", tmp_path).exit_code == 0
    assert api.store_faults == []


def test_a_store_that_refuses_a_file_ends_the_run(graphwell: Graphwell, api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "two.pdf").write_bytes(b"pears")
    api.store_faults = [httpx.Response(403)]
    result = graphwell("ingest", tmp_path)
    assert result.exit_code == 1
    assert "The file store answered 403 Forbidden." in result.stderr
