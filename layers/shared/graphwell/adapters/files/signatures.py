"""Checks that a file's first bytes are of the type it is said to have."""

from __future__ import annotations

from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import DOCX, EPUB, PDF, PPTX, XLSX, FileFault

_ARCHIVES = frozenset({DOCX, PPTX, XLSX, EPUB})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PDF_MARK_WITHIN_BYTES = 1024
_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (_OLE, "an older Office file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)


def check_signature(data: bytes, media_type: str) -> None:
    """Check that bytes are of a media type, as far as their beginning tells.

    Raises:
        UnreadableFile: they are of another one, or an Office file under a password.
    """
    found = _what_it_is(data)
    if media_type == PDF:
        # Readers of PDF skip what mail programs and the like put before the mark.
        matches = found in {None, "a PDF"} and b"%PDF-" in data[:_PDF_MARK_WITHIN_BYTES]
    elif media_type in _ARCHIVES:
        if data.startswith(_OLE) and _ENCRYPTED_STREAM in data:
            raise UnreadableFile(FileFault.ENCRYPTED, "The file is encrypted; remove its password and upload it again.")
        matches = found == "a ZIP archive"
    else:
        # "MZ" may well be the first word of a text.
        matches = found is None or (found == "a program" and data.startswith(b"MZ"))
    if not matches:
        raise UnreadableFile(
            FileFault.MISLABELLED,
            f"The file is {found or 'not what its name says'}; upload it under the name and type that it has"
            f"{', or save it in the present format' if found == 'an older Office file' else ''}.",
        )


def _what_it_is(data: bytes) -> str | None:
    """Return what the first bytes tell, None when they are not of a known binary format."""
    return next((name for signature, name in _SIGNATURES if data.startswith(signature)), None)
