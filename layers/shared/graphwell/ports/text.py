"""Getting text out of files, and cutting it into chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from graphwell.domain.chunks import ChunkDraft
from graphwell.domain.documents import ContentType


class Chunker(Protocol):
    """Cuts text into chunks along its structure."""

    @property
    def fingerprint(self) -> str:
        """Name of the rules and sizes in force; equal fingerprints cut equal text equally."""

    def split(self, text: str, content_type: ContentType) -> list[ChunkDraft]:
        """Return the chunks of a text in order; every chunk's text is exactly `text[start:end]`."""


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """Text that came out of a file or of markup.

    Parameters:
        text: structured text; HTML and office files come out as Markdown.
        content_type: plain or Markdown.
        title: the title that the file itself carries, None when it has none.
        page_starts: offset into `text` at which each page starts; empty when the file has no pages.
    """

    text: str
    content_type: ContentType
    title: str | None
    page_starts: tuple[int, ...] = ()


class TextExtractor(Protocol):
    """Gets structured text out of HTML and files."""

    def extract(self, data: bytes, media_type: str) -> ExtractedText:
        """Return the text of a file.

        Parameters:
            data: the file's bytes.
            media_type: its media type without parameters, such as `text/html`.

        Raises:
            UnreadableFile: the type is not supported, the bytes are not of that type or unsafe to read, or there is no
                text in it.
        """
