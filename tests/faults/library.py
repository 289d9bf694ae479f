"""Small documents whose every revision can be told apart, and what of each a reader may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LONG_EVERY = 10
UPLOADED_EVERY = 25
_SENTENCES_OF_A_LONG_TEXT = 60


@dataclass(frozen=True)
class Entry:
    """One document of the library.

    Parameters:
        number: which one; every tenth has several chunks, every 25th is uploaded as a file.
    """

    number: int

    @property
    def id(self) -> str:
        """Id of the document."""
        return f"d{self.number}"

    @property
    def word(self) -> str:
        """A word that stands in each chunk of this document and in no other."""
        return f"quartz{self.number}x"

    @property
    def is_uploaded(self) -> bool:
        """Whether it comes as a file."""
        return self.number % UPLOADED_EVERY == UPLOADED_EVERY - 1

    @property
    def title(self) -> str:
        """Its title; a file without one has its name."""
        return f"{self.id}.txt" if self.is_uploaded else f"Case {self.number}"

    def text(self, revision: int) -> str:
        """Return the text of a revision, from 1."""
        sentences = _SENTENCES_OF_A_LONG_TEXT if self.number % LONG_EVERY == 0 else 1
        return " ".join(
            f"Sentence {place} of case {self.number}, revision {revision}, says {self.word}."
            for place in range(sentences)
        )

    def body(self, revision: int) -> dict[str, Any]:
        """Return what POST /v1/documents takes for a revision."""
        return {"id": self.id, "title": self.title, "text": self.text(revision)}


def fault_in_search(entry: Entry, passages: Sequence[dict[str, Any]]) -> str | None:
    """Return what is wrong with the passages found by a document's word; None when nothing is."""
    ids = [passage["chunk_id"] for passage in passages]
    if not ids:
        return f"{entry.id} is missing"
    if {passage["document_id"] for passage in passages} != {entry.id}:
        return f"{entry.id} is found with others: {ids}"
    if len(set(ids)) != len(ids) or len({identifier.split("~")[1] for identifier in ids}) != 1:
        return f"{entry.id} is doubled: {ids}"
    return None


def fault_in_chunks(entry: Entry, chunks: Sequence[dict[str, Any]], revisions: Sequence[int]) -> str | None:
    """Return what is wrong with a document's chunks: they must be one whole revision; None when nothing is."""
    if not chunks:
        return f"{entry.id} is missing"
    if not any(_is_whole(chunks, entry.text(revision)) for revision in revisions):
        return f"{entry.id} is halved or mixed: {[(chunk['id'], chunk['text'][:50]) for chunk in chunks]}"
    return None


def _is_whole(chunks: Sequence[dict[str, Any]], text: str) -> bool:
    covered = "".join(chunk["text"] for chunk in chunks)
    return all(text[chunk["start"] : chunk["end"]] == chunk["text"] for chunk in chunks) and (
        "".join(covered.split()) == "".join(text.split())
    )
