"""The data folder knows who holds it and what the stack does, also after a crash."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from devstack.board import Board
from devstack.progress import NoDisplay
from devstack.state import ComponentState, DataFolder, StackRunningError, StackStatus, Status


def test_a_held_folder_is_refused_to_a_second_stack(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)

    with folder.held(), pytest.raises(StackRunningError, match=r"already running .*graphwell down"), folder.held():
        pass


def test_a_folder_is_free_again_after_its_stack_has_ended(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.held():
        assert folder.is_held()

    assert not folder.is_held()


def test_asking_about_a_folder_that_does_not_exist_makes_nothing(tmp_path: Path) -> None:
    assert not DataFolder(tmp_path / "none").is_held()
    assert list(tmp_path.iterdir()) == []


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    board = Board(folder, NoDisplay(), {"neo4j": 20001})
    board.show("neo4j", ComponentState(Status.READY, "in 7.0 s", pid=12, port=20001))
    board.running("http://127.0.0.1:8787")

    state = folder.read_state()

    assert state is not None
    assert (state.status, state.url, state.pid) == (StackStatus.RUNNING, "http://127.0.0.1:8787", os.getpid())
    assert state.services == {"neo4j": ComponentState(Status.READY, "in 7.0 s", pid=12, port=20001)}
    assert state.ports == {"neo4j": 20001}


def test_a_stopped_stack_keeps_its_ports_and_tells_why_it_ended(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    board = Board(folder, NoDisplay(), {"neo4j": 20001})
    board.remember_port("gateway", 20002)
    board.stopped("neo4j ended")

    state = folder.read_state()

    assert state is not None
    assert (state.status, state.url, state.error) == (StackStatus.STOPPED, None, "neo4j ended")
    assert state.ports == {"neo4j": 20001, "gateway": 20002}


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"pid": 1}', '{"services": {"a": 1}}'])
def test_a_state_file_that_makes_no_sense_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)

    assert DataFolder(tmp_path).read_state() is None


def test_the_holder_is_the_process_that_holds_the_lock(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.held():
        Board(folder, NoDisplay(), {})
        holder = folder.holder()

    assert holder is not None
    assert holder.pid == os.getpid()


def test_a_process_id_left_by_a_dead_stack_is_nobody(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    Board(folder, NoDisplay(), {})  # this process is alive, but holds nothing

    assert folder.holder() is None


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)

    first = folder.secret("neo4j-password")

    assert len(first) >= 32
    assert folder.secret("neo4j-password") == first
    assert stat.S_IMODE((tmp_path / "secrets" / "neo4j-password").stat().st_mode) == 0o600


def test_a_secret_cut_off_by_a_crash_does_not_block_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "neo4j-password.tmp").write_text("half")

    assert DataFolder(tmp_path).secret("neo4j-password") != "half"
