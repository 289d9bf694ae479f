"""Turns source files into documents to submit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devstack.client.collection_lines import BrokenLineError, CorpusRecord, corpus_records
from devstack.client.document_ids import collection_document_ids, path_document_id
from devstack.client.documents import Document, DocumentOutcome, OutcomeStatus, UploadableFile, failed
from devstack.client.source_files import SUPPORTED_SUFFIXES, FileKind, SourceFile
from devstack.client.text_files import DecodedText, UnreadableTextError, read_text
from devstack.client.text_repair import repair
from devstack.client.titles import MAX_TITLE_LENGTH, title_of
from graphwell.domain.files import media_type_of

NO_TEXT = "has no text"


@dataclass(frozen=True)
class ReadFile:
    """What a file yields.

    Parameters:
        file: its name in reports.
        documents: to submit.
        uploads: the file itself, when the stack reads it.
        outcomes: of what cannot be submitted.
        note: something to tell about the whole file, such as a guessed encoding.
    """

    file: str
    documents: tuple[Document, ...] = ()
    uploads: tuple[UploadableFile, ...] = ()
    outcomes: tuple[DocumentOutcome, ...] = ()
    note: str | None = None


def read_files(sources: Iterable[SourceFile]) -> Iterator[ReadFile]:
    """Read files one after the other; a document whose id an earlier file has already fails with the reason."""
    file_of_id: dict[str, str] = {}
    for source in sources:
        contents = read_file(source)
        found: list[Document | UploadableFile] = [*contents.documents, *contents.uploads]
        repeated = tuple(
            failed(item, f"has the same id, {item.id}, as one in {file_of_id[item.id]}")
            for item in found
            if item.id in file_of_id
        )
        documents = tuple(document for document in contents.documents if document.id not in file_of_id)
        uploads = tuple(upload for upload in contents.uploads if upload.id not in file_of_id)
        file_of_id |= {item.id: item.file for item in reversed(found)} | file_of_id
        yield ReadFile(contents.file, documents, uploads, contents.outcomes + repeated, contents.note)


def read_file(source: SourceFile) -> ReadFile:
    """Read one file; what is wrong with it is told in the result, never raised."""
    if source.kind is FileKind.UNSUPPORTED:
        return _unsupported(source)
    if source.kind is FileKind.UPLOAD:
        return ReadFile(source.name, uploads=(_uploadable(source),))
    try:
        decoded = read_text(source.path)
        documents, replaced = _documents(decoded.text, source)
    except (UnreadableTextError, BrokenLineError) as error:
        return ReadFile(source.name, outcomes=(DocumentOutcome(source.name, OutcomeStatus.FAILED, reason=str(error)),))
    empty = tuple(failed(document, NO_TEXT) for document in documents if not document.text.strip())
    usable = tuple(document for document in documents if document.text.strip())
    return ReadFile(source.name, usable, outcomes=empty, note=_note(decoded, replaced))


def corpus_document(record: CorpusRecord, document_id: str, file: str) -> Document:
    """Return a corpus record as a document; a record with nothing but a title has the title as its text."""
    title = " ".join(repair(record.title).text.split()) or repair(record.id).text.strip() or document_id
    return Document(
        id=document_id,
        title=title[:MAX_TITLE_LENGTH],
        text=repair(record.text if record.text.strip() else record.title).text,
        content_type=FileKind.PLAIN.value,
        source=repair(f"{file}#{record.id}").text,
        file=file,
    )


def _documents(text: str, source: SourceFile) -> tuple[list[Document], int]:
    """Return a file's documents and the number of characters that had to be replaced in their texts."""
    if source.kind is not FileKind.COLLECTION:
        repaired = repair(text)
        return [_document(repaired.text, source)], repaired.replaced
    records = list(corpus_records(text, source.name))
    ids = collection_document_ids(record.id for record in records)
    replaced = sum(repair(record.text).replaced for record in records)
    return [corpus_document(record, ids[record.id], source.name) for record in records], replaced


def _document(text: str, source: SourceFile) -> Document:
    shown_name = repair(source.name).text
    return Document(
        id=path_document_id(source.name),
        title=title_of(text, source.kind, shown_name),
        text=text,
        content_type=source.kind.value,
        source=shown_name,
        file=source.name,
    )


def _uploadable(source: SourceFile) -> UploadableFile:
    media_type = media_type_of(source.path.name)
    assert media_type, f"{source.path.suffix} is no ending of the API"  # noqa: S101
    return UploadableFile(path_document_id(source.name), source.path, media_type, source.name)


def _unsupported(source: SourceFile) -> ReadFile:
    status = OutcomeStatus.FAILED if source.was_named else OutcomeStatus.SKIPPED
    reason = f"is not one of {', '.join(SUPPORTED_SUFFIXES)}"
    return ReadFile(source.name, outcomes=(DocumentOutcome(source.name, status, reason=reason),))


def _note(decoded: DecodedText, replaced: int) -> str | None:
    """Return what a person should know about how the file was read; None when there is nothing."""
    notes = []
    if decoded.encoding:
        notes.append(f"not UTF-8, read as {decoded.encoding}")
    if replaced:
        notes.append(f"control characters replaced: {replaced}")
    return "; ".join(notes) or None
