"""Bring the files of a bundle onto this machine: in parallel, checked, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import httpx
from filelock import FileLock

from devstack.downloads.bundles import Bundle, LockedFile, locked_bundles
from devstack.downloads.cache import cache_dir
from devstack.errors import DevstackError

_PARALLEL_DOWNLOADS = 12
_ATTEMPTS = 3
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)


@dataclass(frozen=True)
class DownloadProgress:
    """How far a bundle is: counts of files and of bytes."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int

    def __str__(self) -> str:
        return (
            f"{self.files_done}/{self.files_total} files, "
            f"{self.bytes_done / 1e6:.0f} of {self.bytes_total / 1e6:.0f} MB"
        )


Report = Callable[[DownloadProgress], None]


@dataclass(frozen=True)
class MavenRepository:
    """A local folder in Maven's layout and the remote addresses that fill it.

    Parameters:
        folder: local repository; files that another tool left there are used when their digest is right.
        remotes: base addresses, tried in order.
    """

    folder: Path
    remotes: Sequence[str]


def default_repository() -> MavenRepository:
    """Return the repository that jgo is set up for, which follows M2_REPO and jgo's own settings."""
    # 0.4 s to import, and not needed once everything is here.
    from jgo.config import GlobalSettings  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    context = MavenContext(repo_cache=GlobalSettings.load().repo_cache)
    return MavenRepository(context.repo_cache, tuple(context.remote_repos.values()))


@dataclass(frozen=True)
class Downloader:
    """Keeps bundles on disk and remembers which of them were checked.

    Parameters:
        cache: folder for the records of checked bundles and the lock that downloads take turns by.
        repository: gives the Maven repository; asked only when something is missing.
        client: makes the HTTP client of a download.
    """

    cache: Path
    repository: Callable[[], MavenRepository] = default_repository
    client: Callable[[], httpx.Client] = lambda: httpx.Client(timeout=_TIMEOUT, follow_redirects=True)

    def paths(self, bundle: Bundle, report: Report | None = None) -> list[Path]:
        """Return the local paths of a bundle's files, in its order, after fetching what is missing.

        Raises:
            DevstackError: a file cannot be fetched or kept, or what came is not the pinned content.
        """
        try:
            return self._checked_paths(bundle, report or (lambda _: None))
        except OSError as error:  # such as a disk that is full
            raise DevstackError(
                f"Could not keep {error.filename or bundle.name} ({error.strerror or error}); "
                "free some space or mend its folder, and run the command again."
            ) from error

    def _checked_paths(self, bundle: Bundle, report: Report) -> list[Path]:
        record = self.cache / "bundles" / f"{bundle.name}.json"
        if checked := _read_record(record, bundle):
            return checked
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(self.cache / f"{bundle.name}.lock"):
            # Another process may have finished while this one waited for the lock.
            if checked := _read_record(record, bundle):
                return checked
            paths = self._fetch(bundle, report)
            _write_record(record, bundle, paths)
        return paths

    def forget(self, bundle: Bundle) -> None:
        """Drop the record of a bundle, so that the next call checks every digest again."""
        (self.cache / "bundles" / f"{bundle.name}.json").unlink(missing_ok=True)

    def _fetch(self, bundle: Bundle, report: Report) -> list[Path]:
        repository = self.repository()
        files_done = bytes_done = 0
        report(DownloadProgress(0, len(bundle.files), 0, bundle.size_bytes))
        with self.client() as client, ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
            futures = {pool.submit(_ensure_file, client, repository, file): file for file in bundle.files}
            try:
                for future in as_completed(futures):
                    future.result()
                    files_done, bytes_done = files_done + 1, bytes_done + futures[future].size_bytes
                    report(DownloadProgress(files_done, len(bundle.files), bytes_done, bundle.size_bytes))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [repository.folder / file.path for file in bundle.files]


def bundle_paths(name: str, report: Report | None = None) -> list[Path]:
    """Return the local paths of a locked bundle by name, fetching what is missing into the user's cache."""
    return Downloader(cache_dir()).paths(locked_bundles()[name], report)


def _ensure_file(client: httpx.Client, repository: MavenRepository, file: LockedFile) -> None:
    target = repository.folder / file.path
    if target.exists() and target.stat().st_size == file.size_bytes and _sha256(target) == file.sha256:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    error: Exception | None = None
    for remote in list(repository.remotes) * _ATTEMPTS:
        try:
            _download(client, f"{remote}/{file.path}", file, target)
        except (httpx.HTTPError, _WrongContentError) as caught:
            error = caught
        else:
            return
    reason = str(error).partition("\n")[0] or type(error).__name__
    raise DevstackError(
        f"Could not download {target.name} ({reason}); check the network connection and run the command again."
    ) from error


class _WrongContentError(Exception):
    """What came is not the file that was pinned."""


def _download(client: httpx.Client, url: str, file: LockedFile, target: Path) -> None:
    """Write a file beside its target and rename it there: a reader sees all of it or nothing."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out, client.stream("GET", url) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                out.write(chunk)
        _check(draft, file)
        draft.chmod(0o644)  # mkstemp makes it private to this user
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _check(path: Path, file: LockedFile) -> None:
    if _sha256(path) != file.sha256:
        raise _WrongContentError("its SHA-256 is not the pinned one")


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _read_record(record: Path, bundle: Bundle) -> list[Path] | None:
    """Return the paths that were checked earlier, provided that bundle and files are still the same ones."""
    try:
        stored = json.loads(record.read_text())
        if stored["sha256"] != [file.sha256 for file in bundle.files]:
            return None
        paths = [Path(entry["path"]) for entry in stored["files"]]
        unchanged = [entry["stamp"] for entry in stored["files"]] == [_stamp(path) for path in paths]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return paths if unchanged else None


def _write_record(record: Path, bundle: Bundle, paths: Sequence[Path]) -> None:
    content = {
        "sha256": [file.sha256 for file in bundle.files],
        "files": [{"path": str(path), "stamp": _stamp(path)} for path in paths],
    }
    record.parent.mkdir(parents=True, exist_ok=True)
    draft = record.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps(content))
    draft.replace(record)


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
