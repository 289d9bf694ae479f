"""Groups documents into request bodies that the API takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from devstack.client.documents import Document, DocumentOutcome, failed

MAX_BATCH_DOCUMENTS = 100
MAX_BATCH_BYTES = 3_500_000
"""The API takes 4 MB a request; the rest is room for headers and the gateway's envelope."""
_FRAME_BYTES = len(b'{"documents":[]}')


@dataclass(frozen=True)
class EncodedDocument:
    """A document and its JSON as UTF-8."""

    document: Document
    json: bytes


@dataclass(frozen=True)
class Batch:
    """Documents that go out in one request."""

    members: tuple[EncodedDocument, ...]

    @property
    def documents(self) -> Sequence[Document]:
        """The documents, in order."""
        return [member.document for member in self.members]

    @property
    def body(self) -> bytes:
        """The request body."""
        return b'{"documents":[' + b",".join(member.json for member in self.members) + b"]}"

    def halves(self) -> tuple[Batch, Batch]:
        """Return the batch in two parts; it must hold two documents at least."""
        middle = len(self.members) // 2
        return Batch(self.members[:middle]), Batch(self.members[middle:])


def batches(
    documents: Iterable[Document],
    *,
    max_documents: int = MAX_BATCH_DOCUMENTS,
    max_bytes: int = MAX_BATCH_BYTES,
) -> Iterator[Batch | DocumentOutcome]:
    """Yield batches in the order of the documents, and a failure for each document that cannot be sent at all.

    Parameters:
        documents: to send.
        max_documents: most documents of a batch.
        max_bytes: most bytes of a batch's body.
    """
    members: list[EncodedDocument] = []
    size_bytes = _FRAME_BYTES
    for document in documents:
        encoded = _encoded(document, max_bytes)
        if isinstance(encoded, DocumentOutcome):
            yield encoded
            continue
        added_bytes = len(encoded.json) + 1
        if members and (len(members) == max_documents or size_bytes + added_bytes > max_bytes):
            yield Batch(tuple(members))
            members, size_bytes = [], _FRAME_BYTES
        members.append(encoded)
        size_bytes += added_bytes
    if members:
        yield Batch(tuple(members))


def _encoded(document: Document, max_bytes: int) -> EncodedDocument | DocumentOutcome:
    encoded = json.dumps(document.as_json(), ensure_ascii=False, separators=(",", ":")).encode()
    if _FRAME_BYTES + len(encoded) + 1 > max_bytes:
        size_mb, limit_mb = len(encoded) / 1e6, max_bytes / 1e6
        return failed(document, f"takes {size_mb:.1f} MB in a request, over the {limit_mb:.1f} MB limit; split it")
    return EncodedDocument(document, encoded)
