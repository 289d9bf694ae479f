"""Documents, their versions and their life."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum

from graphwell.domain.chunks import ChunkDraft
from graphwell.domain.errors import InvalidInput, UnreadableFile
from graphwell.domain.files import FileFault

MetadataValue = str | int | float | bool

MAX_TITLE_LENGTH = 500
MAX_TEXT_LENGTH = 4_000_000
MAX_SOURCE_LENGTH = 1024
MAX_METADATA_LENGTH = 1024
"""Characters (code points) of a document's fields, and of a text in its metadata."""

DOCUMENT_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}$"
_DOCUMENT_ID = re.compile(DOCUMENT_ID_PATTERN.removesuffix("$") + r"\Z")


class ContentType(StrEnum):
    """Media types of text that the API takes in a request body."""

    PLAIN = "text/plain"
    MARKDOWN = "text/markdown"
    HTML = "text/html"


class VersionStatus(StrEnum):
    """Life of one version of a document: staged, then active, then superseded or deleted; or failed, or cancelled."""

    STAGED = "staged"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class SubmittedDocument:
    """A document as accepted from a caller, text already normalised.

    Parameters:
        id: unique in the tenant; see `check_document_id`.
        title: short name shown with citations.
        text: the searchable text; offsets of chunks and citations count its code points.
        content_type: how the text is structured (HTML has been turned into Markdown before).
        source: where it came from, such as a path; None when unknown.
        metadata: scalar values by key, kept with the document.
        page_starts: offset at which each page starts; empty where the source has no pages.
    """

    id: str
    title: str
    text: str
    content_type: ContentType
    source: str | None = None
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    page_starts: tuple[int, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) over all that a reader can see, so that an equal hash means nothing would change."""
        visible: list[object] = [
            self.title,
            self.text,
            self.content_type.value,
            self.source,
            sorted(self.metadata.items()),
        ]
        if self.page_starts:
            visible.append(self.page_starts)
        return hashlib.sha256(json.dumps(visible, ensure_ascii=False).encode()).hexdigest()


class StagingDecision(Enum):
    """What a submission does: make a new version, join the same one on its way, or keep the live one."""

    CREATE = "create"
    JOIN = "join"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class VersionContent:
    """What a version was made from: the hash of its content, and how it was chunked and embedded."""

    content_hash: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class VersionState:
    """What the store knows of a document before a submission is staged.

    Parameters:
        latest_version: highest version ever given to the document; 0 for a new one.
        newest_status: status of latest_version; None for a new document.
        newest: content of latest_version; None for a new document.
        live_version: the version that readers see; 0 for none.
        live: its content; None for none.
        changed_at: when latest_version was accepted, or the document deleted since; None for a new document.
    """

    latest_version: int = 0
    newest_status: VersionStatus | None = None
    newest: VersionContent | None = None
    live_version: int = 0
    live: VersionContent | None = None
    changed_at: datetime | None = None

    def refuse_overtaken(self, arrived_at: datetime | None) -> None:
        """Check that a file came after all that was done to its document, since it is read later than it comes.

        Parameters:
            arrived_at: when the file came; None for what is staged as it comes.

        Raises:
            UnreadableFile: it did not; the last that was accepted stays.
        """
        if arrived_at is not None and self.changed_at is not None and self.changed_at > arrived_at:
            raise UnreadableFile(
                FileFault.OVERTAKEN, "The document was changed or deleted after this file came; the later change stays."
            )

    def decide(self, content: VersionContent) -> StagingDecision:
        """Return what a submission does to the document: the last one accepted is what readers get to see."""
        if self.newest_status is VersionStatus.STAGED:
            return StagingDecision.JOIN if content == self.newest else StagingDecision.CREATE
        return StagingDecision.KEEP if content == self.live else StagingDecision.CREATE


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A submission with its chunks, ready to be staged.

    Parameters:
        fingerprint: names the chunking and embedding that the chunks are made for; a change of it makes a new version.
    """

    document: SubmittedDocument
    chunks: tuple[ChunkDraft, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StagedDocument:
    """Outcome of staging one document.

    Parameters:
        version: the version that holds the submitted content.
        unchanged: readers see that content already.
        chunk_ids: chunks to embed; none when unchanged.
    """

    id: str
    version: int
    unchanged: bool
    chunk_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One entry of a document's history; times are aware UTC."""

    version: int
    status: VersionStatus
    chunk_count: int
    accepted_at: datetime
    activated_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as readers of the API see it.

    Parameters:
        version: live version, 0 while the first is still being embedded.
        status: of the newest version.
        history: newest first; empty in listings.
    """

    id: str
    title: str
    source: str | None
    content_type: ContentType
    metadata: Mapping[str, MetadataValue]
    version: int
    status: VersionStatus
    chunk_count: int
    created_at: datetime
    updated_at: datetime
    history: tuple[DocumentVersion, ...] = ()


def check_document_id(value: str, field: str) -> str:
    """Return a document id that is safe in a URL path.

    Raises:
        InvalidInput: it has another form, such as a slash.
    """
    if not _DOCUMENT_ID.match(value):
        raise InvalidInput(
            field,
            "A document id is 1 to 200 letters, digits, '.', '_', ':', '@' or '-' and starts with a letter or digit;"
            " replace other characters, for example '/' by ':'.",
        )
    return value
