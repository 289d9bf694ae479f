"""How large a corpus is, in what its ingestion is paid for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class CorpusSize:
    """Counts of a corpus, or of a part of one.

    Parameters:
        files: that were read.
        uploads: of these, the ones that the stack reads itself.
        documents: that would be ingested.
        characters: of their text.
        text_bytes: of their text, in UTF-8.
        upload_bytes: of the uploaded files.
        upload_characters: of the text in them.
        chunks: that the text is cut into.
        tokens: of what is embedded for them, title and headings included.
        embedded_bytes: of the same, in UTF-8.
        messages: of the embed queue.
    """

    files: int = 0
    uploads: int = 0
    documents: int = 0
    characters: int = 0
    text_bytes: int = 0
    upload_bytes: int = 0
    upload_characters: int = 0
    chunks: int = 0
    tokens: int = 0
    embedded_bytes: int = 0
    messages: int = 0

    def __add__(self, other: CorpusSize) -> CorpusSize:
        """Return the size of both."""
        counts = asdict(other)
        return CorpusSize(**{name: value + counts[name] for name, value in asdict(self).items()})

    def as_json(self) -> dict[str, Any]:
        """Return the counts for programs."""
        return asdict(self)
