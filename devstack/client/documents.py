"""Documents on their way into a stack, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from devstack.client.text_repair import repair
from graphwell.domain.files import MAX_FILENAME_LENGTH

MAX_SOURCE_LENGTH = 1024


@dataclass(frozen=True)
class Document:
    """A document to submit; its strings hold no lone surrogates (see `text_repair`).

    Parameters:
        id: accepted by the API; see `document_ids`.
        title: short name shown with citations.
        text: its whole text.
        content_type: `text/markdown`, `text/plain` or `text/html`.
        source: path that people know it by.
        file: file it was read from, as reports name it.
    """

    id: str
    title: str
    text: str
    content_type: str
    source: str
    file: str

    def as_json(self) -> dict[str, str]:
        """Return the document as POST /v1/documents takes it."""
        return {
            "id": self.id,
            "title": self.title,
            "text": self.text,
            "content_type": self.content_type,
            "source": self.source[:MAX_SOURCE_LENGTH],
        }


@dataclass(frozen=True)
class UploadableFile:
    """A file that the stack reads itself.

    Parameters:
        id: document id that it becomes; accepted by the API.
        path: where it is.
        media_type: as the API knows files of its ending.
        file: its name in reports.
    """

    id: str
    path: Path
    media_type: str
    file: str

    @property
    def filename(self) -> str:
        """Its name for the API: the end of a path that is too long."""
        return repair(self.file).text[-MAX_FILENAME_LENGTH:]


class OutcomeStatus(StrEnum):
    """What became of a document; `skipped` is a file that was found in a folder and is of no supported kind."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class DocumentOutcome:
    """What became of one document, or of a file that yields none.

    Parameters:
        file: file it was read from.
        status: what became of it.
        document_id: its id; None when the file never became a document.
        reason: why it was skipped or failed.
        job_id: job that indexes it; None when nothing is left to do.
    """

    file: str
    status: OutcomeStatus
    document_id: str | None = None
    reason: str | None = None
    job_id: str | None = None


def failed(document: Document | UploadableFile, reason: str) -> DocumentOutcome:
    """Return the outcome of a document that cannot be indexed."""
    return DocumentOutcome(document.file, OutcomeStatus.FAILED, document.id, reason)
