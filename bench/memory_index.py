"""A collection held in memory, searched by the real use case: what a bench needs when no server is to be measured."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.chunk_sizes import CACHE, MODEL_DIR, Bm25, Matrix, VectorCache, best_rows
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import chunk_id, embedding_text
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import ContentType
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Declaration, IndexReply, Neighbourhood, SearchQuery, Vector, WalkQuery
from graphwell.usecases.rank_candidates import RankCandidates
from graphwell.usecases.search import CANDIDATES, Search, SearchRequest, SearchResult

CHUNK_TOKENS = 256
SCOPE = TenantScope("bench")
NO_HURRY_S = 86_400.0


@dataclass(frozen=True)
class Source:
    """A document to search."""

    id: str
    title: str
    text: str
    content_type: ContentType = ContentType.PLAIN


class MemoryIndex:
    """The `PassageIndex` port over chunks in memory: exact vectors, and BM25 in place of Lucene's.

    Parameters:
        name: what its vectors are kept under on disk.
        sources: the documents.
        chunk_tokens: size of a chunk.
    """

    def __init__(self, name: str, sources: Iterable[Source], vectors: VectorCache, chunk_tokens: int) -> None:
        chunker = SemanticChunker.for_local_model(MODEL_DIR / "tokenizer.json", ChunkSize(chunk_tokens))
        self.chunks = [
            Passage(
                source.id, chunk_id(source.id, 1, draft.ordinal), source.title, draft.text, draft.start, draft.end, 0.0,
                draft.headings, draft.page,
            )
            for source in sources
            for draft in chunker.split(source.text or source.title, source.content_type)
        ]  # fmt: skip
        texts = [embedding_text(chunk.title, chunk.headings, chunk.text) for chunk in self.chunks]
        self._matrix: Matrix = vectors.passages(f"{name}-answers-{chunker.fingerprint}", texts)
        self._lexical = Bm25([f"{chunk.title}\n{chunk.text}" for chunk in self.chunks])

    def corpus_version(self, scope: TenantScope, deadline: Deadline) -> int:  # noqa: ARG002
        """Return 1: nothing changes."""
        return 1

    def is_current(
        self,
        scope: TenantScope,  # noqa: ARG002
        corpus_version: int,  # noqa: ARG002
        passages: Sequence[Passage],  # noqa: ARG002
        deadline: Deadline,  # noqa: ARG002
    ) -> bool:
        """Return True: nothing changes."""
        return True

    def search(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> IndexReply:  # noqa: ARG002
        """Return the hits of the legs; see the port."""
        rows: dict[SearchMode, Sequence[int]] = {}
        similarities = None if query.vector is None else self._matrix @ query.vector
        if SearchMode.VECTOR in query.legs and similarities is not None:
            rows[SearchMode.VECTOR] = best_rows(similarities, query.candidates)
        if SearchMode.FULLTEXT in query.legs:
            rows[SearchMode.FULLTEXT] = best_rows(self._lexical.scores(query.text), query.candidates)
        return IndexReply(
            [
                Hit(self.chunks[row], leg, rank, None if similarities is None else float(similarities[row]))
                for leg, found in rows.items()
                for rank, row in enumerate(found, start=1)
            ]
        )

    def similarity(self, row: int, vector: Vector | None) -> float | None:
        """Return the cosine of a chunk to a vector; None without one."""
        return None if vector is None else float(self._matrix[row] @ vector)


class NoGraph:
    """The `PassageGraph` port of texts that share no names; `bench.graph` walks over names in memory."""

    def neighbourhood(self, scope: TenantScope, query: WalkQuery, deadline: Deadline) -> Neighbourhood:  # noqa: ARG002
        """Return nothing."""
        return Neighbourhood()


class MemoryCollection:
    """A collection in memory, and the search over it."""

    def __init__(self, name: str, sources: Iterable[Source], *, chunk_tokens: int = CHUNK_TOKENS) -> None:
        self.embedder = OnnxEmbedder(MODEL_DIR, threads=1)
        self.index = MemoryIndex(name, sources, VectorCache(self.embedder, CACHE / "bench"), chunk_tokens)

    @cached_property
    def search(self) -> Search:
        """The use case as the functions run it."""
        return Search(self.embedder, self.index, PorterTermCounter(), lambda _: Declaration(), NoGraph)

    def hits(self, question: str) -> Sequence[Hit]:
        """Return what both legs find for a question, to be ranked in other ways."""
        deadline = Deadline.after(NO_HURRY_S)
        vector = self.embedder.embed_query(question, deadline)
        legs = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})
        return self.index.search(SCOPE, SearchQuery(question, vector, legs, CANDIDATES), deadline).hits

    def passages(self, question: str, top_k: int = 10) -> Sequence[Passage]:
        """Return the passages that a question finds."""
        return self.found(question, top_k).passages

    def found(self, question: str, top_k: int) -> SearchResult:
        """Return what a search for a question returns."""
        return self.search(SCOPE, SearchRequest(question, top_k), Deadline.after(NO_HURRY_S))

    def found_without(self, question: str, top_k: int, documents: Collection[str]) -> SearchResult:
        """Return what it would return if some documents were not there, but for candidates further behind."""
        hits = [hit for hit in self.hits(question) if hit.passage.document_id not in documents]
        ranking = RankCandidates(PorterTermCounter())(question, hits, SearchMode.HYBRID)
        return SearchResult(ranking.passages(top_k), {}, (), question, ranking.standing)


def records_as_sources(records: Iterable[Mapping[str, str]]) -> list[Source]:
    """Return the documents of a corpus.jsonl."""
    return [Source(record["id"], record.get("title") or record["id"], record.get("text") or "") for record in records]


def folder_as_sources(folder: Path) -> list[Source]:
    """Return the Markdown files of a folder, named by their paths in it, as `graphwell ingest` takes them in."""
    from devstack.client.source_files import FileKind  # noqa: PLC0415
    from devstack.client.titles import title_of  # noqa: PLC0415

    found = []
    for path in sorted(folder.rglob("*.md")):
        name, text = path.relative_to(folder).as_posix(), path.read_text()
        found.append(Source(name, title_of(text, FileKind.MARKDOWN, name), text, ContentType.MARKDOWN))
    return found
