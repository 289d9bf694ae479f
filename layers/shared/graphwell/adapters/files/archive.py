"""Reads office files and e-books, which are ZIP archives, within limits checked before anything is unpacked."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from graphwell.adapters.files.safe_xml import refuse_declarations
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault

MAX_ENTRIES = 20_000
MAX_PART_BYTES = 128 * 1024 * 1024
MAX_READ_BYTES = 256 * 1024 * 1024
"""Of all parts that are markup; pictures are never unpacked."""
MAX_RATIO = 250
"""Markup unpacked over packed, from a megabyte on. DEFLATE reaches 1,032, a sheet of formatted empty cells 14."""

_RATIO_COUNTS_FROM_BYTES = 1024 * 1024
_MARKUP = (".xml", ".rels", ".opf", ".xhtml", ".html", ".htm", ".ncx", ".vml")
_WITHOUT_DECLARATIONS = (".xml", ".rels", ".opf")
_STEP_BYTES = 16 * 1024
_CANNOT_UNPACK = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)


class Archive:
    """A ZIP file whose sizes are in bounds and whose XML declares no entities. Archives within it stay closed.

    Parameters:
        data: the file's bytes.

    Raises:
        UnreadableFile: it is no ZIP file, is encrypted, or would unpack to more than the limits.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _CANNOT_UNPACK as error:
            raise _corrupt() from error
        entries = self._zip.infolist()
        _check_sizes(entries, len(data))
        if any(entry.flag_bits & 1 for entry in entries):
            raise UnreadableFile(FileFault.ENCRYPTED, "The file is encrypted; remove its password and upload it again.")
        self._entries = {entry.filename: entry for entry in entries}
        for entry in entries:
            if entry.filename.lower().endswith(_WITHOUT_DECLARATIONS):
                self._check_declarations(entry)

    @property
    def names(self) -> Sequence[str]:
        """The names of all parts."""
        return list(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """Return a part.

        Raises:
            UnreadableFile: it is missing or damaged.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise _corrupt()
        try:
            return self._zip.read(entry)
        except _CANNOT_UNPACK as error:
            raise _corrupt() from error

    def _check_declarations(self, entry: zipfile.ZipInfo) -> None:
        try:
            with self._zip.open(entry) as part:
                refuse_declarations(iter(lambda: part.read(_STEP_BYTES), b""))
        except _CANNOT_UNPACK as error:
            raise _corrupt() from error


def resolve(base: str, target: str) -> str:
    """Return the name of the part that `target` names in the part `base`."""
    if target.startswith("/"):
        return posixpath.normpath(target).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), target))


def _check_sizes(entries: Sequence[zipfile.ZipInfo], archive_bytes: int) -> None:
    markup = [entry for entry in entries if entry.filename.lower().endswith(_MARKUP)]
    packed, unpacked = (sum(sizes) for sizes in _sizes(markup))
    is_bomb = (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_READ_BYTES
        or any(entry.file_size > MAX_PART_BYTES for entry in markup)
        or (unpacked > _RATIO_COUNTS_FROM_BYTES and unpacked > MAX_RATIO * packed)
        # Entries that share their bytes make a small file unpack to anything.
        or sum(entry.compress_size for entry in entries) > archive_bytes
    )
    if is_bomb:
        raise UnreadableFile(
            FileFault.ARCHIVE_BOMB,
            f"The file would unpack to {unpacked / 1e6:,.0f} MB of markup in {len(entries):,} parts, more than is read;"
            " split it.",
        )


def _sizes(entries: Sequence[zipfile.ZipInfo]) -> Iterator[list[int]]:
    yield [entry.compress_size for entry in entries]
    yield [entry.file_size for entry in entries]


def _corrupt() -> UnreadableFile:
    return UnreadableFile(FileFault.CORRUPT, "The file is damaged or incomplete; open and save it anew, then send it.")
