"""Measures a corpus by the code that would ingest it, up to where it would be stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from devstack.client.documents import Document, DocumentOutcome, OutcomeStatus, UploadableFile, failed
from devstack.client.file_reader import read_files
from devstack.client.source_files import SourceFile
from devstack.costing.corpus_size import CorpusSize
from devstack.costing.token_counts import CountTokens
from graphwell.domain.chunks import embedding_text
from graphwell.domain.documents import ContentType, PreparedDocument, StagedDocument
from graphwell.domain.embed_batches import WaitingChunk, embed_batches
from graphwell.domain.errors import InvalidInput, UnusableDocument
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Chunker, StagingRepository, TextExtractor
from graphwell.usecases.ingest_documents import IngestDocuments, Submission
from graphwell.usecases.send_tasks import SendTasks

_NOBODY = TenantScope("estimate")


@dataclass(frozen=True)
class MeasuredCorpus:
    """A corpus's size, and what of it would not be ingested, with the reasons."""

    size: CorpusSize
    left_out: tuple[DocumentOutcome, ...]

    @property
    def failures(self) -> Sequence[DocumentOutcome]:
        """What was to be ingested and cannot be."""
        return [outcome for outcome in self.left_out if outcome.status is OutcomeStatus.FAILED]


class CorpusMeter:
    """Reads files as `graphwell ingest` does, and takes them in as the functions do, into nothing but counts.

    Parameters:
        chunker: that of the stack which the corpus is for.
        markup: reads HTML.
        files: reads what would be uploaded.
        count_tokens: as its embedding model does.
    """

    def __init__(
        self, chunker: Chunker, markup: TextExtractor, files: TextExtractor, count_tokens: CountTokens
    ) -> None:
        self._files = files
        self._counting = _CountingRepository(count_tokens)
        self._ingest = IngestDocuments(
            markup, chunker, cast(StagingRepository, self._counting), cast(SendTasks, _send_nothing), "estimate"
        )

    def measure(self, sources: Iterable[SourceFile]) -> MeasuredCorpus:
        """Return the size of files; what cannot be ingested is told in the result, never raised."""
        size = CorpusSize()
        left_out: list[DocumentOutcome] = []
        for contents in read_files(sources):
            left_out += contents.outcomes
            measured = [self._document(document) for document in contents.documents]
            measured += [self._upload(upload) for upload in contents.uploads]
            left_out += [found for found in measured if isinstance(found, DocumentOutcome)]
            sizes = [found for found in measured if isinstance(found, CorpusSize)]
            size = sum(sizes, start=size + CorpusSize(files=1 if sizes else 0))
        return MeasuredCorpus(size, tuple(left_out))

    def _document(self, document: Document) -> CorpusSize | DocumentOutcome:
        submission = Submission(
            id=document.id,
            title=document.title,
            text=document.text,
            content_type=ContentType(document.content_type),
            source=document.source,
        )
        return self._size_or_failure(document, submission)

    def _upload(self, upload: UploadableFile) -> CorpusSize | DocumentOutcome:
        try:
            data = upload.path.read_bytes()
            extracted = self._files.extract(data, upload.media_type)
        except OSError as error:
            return failed(upload, f"cannot be read: {error.strerror}")
        except UnusableDocument as error:
            return failed(upload, error.detail)
        submission = Submission(
            id=upload.id,
            title=extracted.title or upload.path.name,
            text=extracted.text,
            content_type=extracted.content_type,
            page_starts=extracted.page_starts,
        )
        found = self._size_or_failure(upload, submission)
        if isinstance(found, DocumentOutcome):
            return found
        return replace(found, uploads=1, upload_bytes=len(data), upload_characters=found.characters)

    def _size_or_failure(self, item: Document | UploadableFile, submission: Submission) -> CorpusSize | DocumentOutcome:
        try:
            self._ingest(_NOBODY, [submission])
        except InvalidInput as error:
            return failed(item, error.detail)
        return self._counting.last


class _CountingRepository:
    """Where the use case stages documents, of which the sizes alone are kept."""

    def __init__(self, count_tokens: CountTokens) -> None:
        self._count_tokens = count_tokens
        self.last = CorpusSize()

    def stage(
        self, _scope: TenantScope, _job_id: str, documents: Sequence[PreparedDocument], **_: object
    ) -> list[StagedDocument]:
        """Keep the size of what is staged."""
        self.last = sum((self._size(prepared) for prepared in documents), start=CorpusSize())
        return []

    def _size(self, prepared: PreparedDocument) -> CorpusSize:
        document = prepared.document
        embedded = [embedding_text(document.title, chunk.headings, chunk.text) for chunk in prepared.chunks]
        sizes_bytes = [len(text.encode()) for text in embedded]
        waiting = [WaitingChunk("", document.id, 1, size_bytes) for size_bytes in sizes_bytes]
        return CorpusSize(
            documents=1,
            characters=len(document.text),
            text_bytes=len(document.text.encode()),
            chunks=len(embedded),
            tokens=sum(map(self._count_tokens, embedded)),
            embedded_bytes=sum(sizes_bytes),
            messages=len(embed_batches(waiting)),
        )


def _send_nothing(_scope: TenantScope) -> int:
    return 0
