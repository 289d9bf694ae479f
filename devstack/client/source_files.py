"""Finds the files to ingest under the paths that a person names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from devstack.errors import UsageError


class FileKind(StrEnum):
    """How a file is read: here, or by the stack that it is uploaded to."""

    MARKDOWN = "text/markdown"
    PLAIN = "text/plain"
    HTML = "text/html"
    COLLECTION = "jsonl"
    UPLOAD = "upload"
    UNSUPPORTED = "unsupported"


_KIND_OF_SUFFIX = {
    ".md": FileKind.MARKDOWN,
    ".markdown": FileKind.MARKDOWN,
    ".txt": FileKind.PLAIN,
    ".rst": FileKind.PLAIN,
    ".html": FileKind.HTML,
    ".htm": FileKind.HTML,
    ".jsonl": FileKind.COLLECTION,
    **dict.fromkeys((".pdf", ".docx", ".pptx", ".xlsx", ".epub", ".csv"), FileKind.UPLOAD),
}
SUPPORTED_SUFFIXES = tuple(_KIND_OF_SUFFIX)


@dataclass(frozen=True)
class SourceFile:
    """A file to ingest.

    Parameters:
        path: where it is.
        name: its path relative to the folder that was named, with `/`; document ids and reports use it.
        kind: how it is read, by its suffix.
        was_named: whether the person named this very file, so that skipping it silently would be wrong.
    """

    path: Path
    name: str
    kind: FileKind
    was_named: bool


def find_source_files(roots: Iterable[Path]) -> Iterator[SourceFile]:
    """Yield the files under the roots in a stable order, each once; hidden ones inside folders are left out.

    Raises:
        UsageError: a root does not exist, or a folder cannot be listed.
    """
    seen: set[Path] = set()
    for source in _files_of_roots(roots):
        real_path = source.path.resolve()
        if real_path not in seen:
            seen.add(real_path)
            yield source


def _files_of_roots(roots: Iterable[Path]) -> Iterator[SourceFile]:
    for root in roots:
        if root.is_dir():
            yield from _files_of_folder(root)
        elif root.exists():
            yield SourceFile(root, root.name, _kind_of(root), was_named=True)
        else:
            raise UsageError(f"{root} does not exist; name a file or a folder.")


def _files_of_folder(root: Path) -> Iterator[SourceFile]:
    for folder, subfolders, names in os.walk(root, onerror=_refuse):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file():
                yield SourceFile(path, path.relative_to(root).as_posix(), _kind_of(path), was_named=False)


def _kind_of(path: Path) -> FileKind:
    return _KIND_OF_SUFFIX.get(path.suffix.lower(), FileKind.UNSUPPORTED)


def _refuse(error: OSError) -> None:
    raise UsageError(f"{error.filename} cannot be read: {error.strerror}.") from error
