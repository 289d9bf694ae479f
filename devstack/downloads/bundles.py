"""What is downloaded: each bundle is a list of files with their SHA-256, pinned in maven.lock.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

LOCK_PATH = Path(__file__).with_name("maven.lock.json")


@dataclass(frozen=True)
class LockedFile:
    """One file of a Maven repository.

    Parameters:
        path: location relative to the root of a Maven repository, remote or local.
        size_bytes: exact length.
        sha256: hex digest of the content.
    """

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Bundle:
    """The files of one component, in class path order."""

    name: str
    files: tuple[LockedFile, ...]

    @property
    def size_bytes(self) -> int:
        """Total size of the files."""
        return sum(file.size_bytes for file in self.files)


@cache
def locked_bundles() -> dict[str, Bundle]:
    """Return every bundle of maven.lock.json by name."""
    return {name: _bundle(name, entry) for name, entry in json.loads(LOCK_PATH.read_text()).items()}


def _bundle(name: str, entry: dict[str, Any]) -> Bundle:
    files = [LockedFile(file["path"], file["size_bytes"], file["sha256"]) for file in entry["files"]]
    return Bundle(name, tuple(files))
