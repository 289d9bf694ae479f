"""What ingestion is to do, as plainly as it can be said: the model that the graph is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphwell.domain.chunks import chunk_id
from graphwell.domain.jobs import JobCounts

Texts = tuple[str, ...]


@dataclass(eq=False)
class Version:
    """One version; it is remembered here also when the graph has removed it."""

    document_id: str
    number: int
    texts: Texts
    status: str = "staged"
    ended_as: str = ""
    vectors: set[int] = field(default_factory=set)
    retired: bool = False
    has_chunks: bool = True

    @property
    def outcome(self) -> str:
        """What it is to a job that follows it."""
        if self.status != "deleted":
            return self.status
        return "cancelled" if self.ended_as == "staged" else self.ended_as

    @property
    def missing(self) -> list[str]:
        """Ids of chunks to send: those without a vector, or the first when all have one."""
        without = [ordinal for ordinal in range(len(self.texts)) if ordinal not in self.vectors]
        return [chunk_id(self.document_id, self.number, ordinal) for ordinal in without or [0]]


@dataclass(eq=False)
class Document:
    """A document from its first version to its removal."""

    versions: list[Version] = field(default_factory=list)
    live: Version | None = None
    deleted: bool = False

    @property
    def known(self) -> bool:
        """Whether readers find it."""
        return bool(self.versions) and not self.deleted


@dataclass(eq=False)
class Job:
    """A job with the versions it follows."""

    follows: list[Version] = field(default_factory=list)
    stopped: list[Version] = field(default_factory=list)
    unchanged: int = 0
    cancelled: bool = False

    def outcomes(self) -> list[tuple[Version, str]]:
        """Return what each of its versions is to it."""
        return [(each, "cancelled" if each in self.stopped else each.outcome) for each in self.follows]

    def counts(self) -> JobCounts:
        """Return what it has to say of itself."""
        outcomes = self.outcomes()
        kinds = [outcome for _, outcome in outcomes]
        return JobCounts(
            total=len(self.follows) + self.unchanged,
            unchanged=self.unchanged,
            pending=kinds.count("staged"),
            done=kinds.count("active") + kinds.count("superseded"),
            failed=kinds.count("failed"),
            cancelled=kinds.count("cancelled"),
            chunks_total=sum(len(each.texts) for each in self.follows),
            chunks_embedded=sum(_embedded(each, outcome) for each, outcome in outcomes),
        )

    def failed_documents(self) -> list[str]:
        """Return the ids of its documents that failed."""
        return sorted(each.document_id for each, outcome in self.outcomes() if outcome == "failed")


def _embedded(version: Version, outcome: str) -> int:
    if outcome in {"failed", "cancelled"}:
        return 0
    return len(version.vectors if outcome == "staged" else version.texts)


class Model:
    """All documents and jobs of one tenant."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.jobs: dict[str, Job] = {}

    def submit(self, job_id: str, contents: Mapping[str, Texts]) -> list[tuple[str, int, bool]]:
        """Take documents in; return id, version and whether it is unchanged, of each."""
        job, told = self.jobs.setdefault(job_id, Job()), []
        for document_id, texts in contents.items():
            document = self.documents.setdefault(document_id, Document())
            newest = document.versions[-1] if document.versions else None
            if newest is not None and newest.status == "staged" and newest.texts == texts:
                job.follows.append(newest)
            elif document.live and document.live.texts == texts and newest is not None and newest.status != "staged":
                job.unchanged += 1
                told.append((document_id, document.live.number, True))
                continue
            else:
                newest = Version(document_id, len(document.versions) + 1, texts)
                document.versions.append(newest)
                document.deleted = False
                job.follows.append(newest)
            told.append((document_id, newest.number, False))
        return told

    def staged(self, chunk_ids: Sequence[str]) -> list[tuple[Version, set[int]]]:
        """Return the staged versions that chunks belong to, with the chunks' places."""
        found: dict[Version, set[int]] = {}
        for identifier in chunk_ids:
            document_id, number, ordinal = identifier.split("~")
            for version in self.documents.get(document_id, Document()).versions:
                if version.number == int(number) and version.status == "staged":
                    found.setdefault(version, set()).add(int(ordinal))
        return list(found.items())

    def embed(self, chunk_ids: Sequence[str]) -> None:
        """Give chunks their vectors."""
        for version, ordinals in self.staged(chunk_ids):
            version.vectors |= ordinals & set(range(len(version.texts)))

    def activate(self, chunk_ids: Sequence[str]) -> None:
        """Make what is complete live; what is older than the live version is done with."""
        for version, _ in self.staged(chunk_ids):
            if len(version.vectors) < len(version.texts):
                continue
            document = self.documents[version.document_id]
            if document.live and document.live.number > version.number:
                version.status, version.retired = "superseded", True
                continue
            if document.live:
                document.live.status, document.live.retired = "superseded", True
            version.status, document.live = "active", version

    def fail(self, chunk_ids: Sequence[str]) -> None:
        """Give versions up; their texts stay."""
        for version, _ in self.staged(chunk_ids):
            version.status = "failed"
            version.vectors.clear()

    def delete(self, document_id: str) -> None:
        """Take a document away."""
        document = self.documents[document_id]
        document.live, document.deleted = None, True
        for version in document.versions:
            if version.status != "deleted":
                version.ended_as, version.status, version.retired = version.status, "deleted", True

    def cancel(self, job_id: str) -> None:
        """Stop what only this job waits for."""
        job = self.jobs[job_id]
        stopping = [each for each, outcome in job.outcomes() if outcome == "staged"]
        job.cancelled = job.cancelled or bool(stopping)
        job.stopped += stopping
        for version in stopping:
            if not any(version in other.follows and version not in other.stopped for other in self.jobs.values()):
                version.status, version.retired = "cancelled", True

    def retry(self, job_id: str) -> tuple[list[str], list[str]]:
        """Stage what failed again; return the chunks to send and the documents that cannot be tried."""
        chunk_ids, lost = [], []
        for version in sorted(self.jobs[job_id].follows, key=lambda each: each.document_id):
            live = self.documents.get(version.document_id, Document()).live
            if version.status == "failed" and live and live.number > version.number:
                lost.append(version.document_id)
                continue
            if version.status == "failed":
                version.status = "staged"
            if version.status == "staged":
                chunk_ids += version.missing
        return chunk_ids, lost

    def clear(self) -> None:
        """Remove what left service."""
        for document_id, document in list(self.documents.items()):
            for version in document.versions:
                if version.retired:
                    version.retired = version.has_chunks = False
            if document.deleted:
                del self.documents[document_id]
