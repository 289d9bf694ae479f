"""The reply of POST /v1/debug/search: every stage of a search, and what an answer to it would be made of."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from graphwell.domain.context import Dropped
from graphwell.domain.intent import Difference
from graphwell.domain.passages import SearchMode
from graphwell.http.search_models import PassageReply
from graphwell.usecases.explain_search import Outcome
from graphwell.usecases.find_passages import Wording
from graphwell.usecases.kept_answers import NotCompared

EXAMPLE: dict[str, Any] = {
    "question": {"asked": "Who founded Orbit Press?", "searched": "Who founded Orbit Press?", "wording": "asker"},
    "mode": "graph",
    "top_k": 1,
    "filters": {"metadata.year": {"gte": 1990}},
    "legs": {
        "vector": {
            "index": "chunk_embedding",
            "statement": "MATCH (c:Chunk) SEARCH c IN (VECTOR INDEX chunk_embedding FOR $vector WHERE ...",
            "text": "Who founded Orbit Press?",
            "asked": 60,
            "given": 1,
            "not_live": 0,
            "refused": 0,
            "alone_ms": 6.1,
            "hits": [{"rank": 1, "chunk_id": "press~2~0", "similarity": 0.71}],
        },
        "fulltext": {
            "index": "chunk_text",
            "statement": "CALL db.index.fulltext.queryNodes('chunk_text', $lucene, {limit: $candidates}) ...",
            "text": "+tenant_term:t61636d650^0 +(title:(who founded orbit press) text:(who founded orbit press))",
            "asked": 60,
            "given": 1,
            "not_live": 0,
            "refused": 0,
            "alone_ms": 3.2,
            "hits": [{"rank": 1, "chunk_id": "press~2~0", "similarity": 0.71}],
        },
    },
    "walk": {"starts": [{"chunk_id": "press~2~0", "strength": 1.0}], "reached": 0, "added": 0},
    "weights": {"similarity_z": 0.65, "bm25_z": 0.35, "title_evidence": 1.0, "repetition": 1.0, "path_evidence": 1.0},
    "candidates": [
        {
            "rank": 1,
            "chunk_id": "press~2~0",
            "document_id": "press",
            "title": "Orbit Press",
            "beginning": "Orbit Press was founded by Ada Byron.",
            "outcome": "returned",
            "score": 3.0,
            "similarity": 0.71,
            "similarity_z": 0.0,
            "bm25_words": 0.63,
            "bm25_pairs": 0.21,
            "bm25_z": 0.0,
            "title_evidence": 0.0,
            "repetition": 0.0,
            "path_evidence": 3.0,
            "path": {"strength": 1.0, "start": "press~2~0", "entity": None, "holders": None},
            "ranks": {"vector": 1, "fulltext": 1},
            "reranked": None,
        }
    ],
    "passages": [
        {
            "document_id": "press",
            "chunk_id": "press~2~0",
            "title": "Orbit Press",
            "text": "Orbit Press was founded by Ada Byron.",
            "score": 3.0,
            "start": 0,
            "end": 37,
            "headings": [],
            "page": None,
        }
    ],
    "context": {
        "read": ["press~2~0"],
        "blocks": [{"number": 1, "chunk_ids": ["press~2~0"], "document_id": "press", "start": 0, "end": 37}],
        "dropped": [],
        "tokens": 17,
        "budget_tokens": 32000,
        "standing": None,
    },
    "cache": {
        "hit": None,
        "key": "answer:{61636d65}:0f3c...",
        "corpus_version": 7,
        "answers": True,
        "compared": [
            {
                "question": "Who founded Comet Press?",
                "cosine": 0.93,
                "difference": "names",
                "detail": "orbit | comet",
            }
        ],
        "not_compared": None,
    },
    "prompt": {"answerer": "extractive-2", "messages": []},
    "timings_ms": {"embed": 4.6, "index": 7.5, "fuse": 0.4, "walk": 5.9, "total": 18.4},
    "degraded": [],
    "request_id": "0f0e5a3c-7a53-4c0e-9f0b-5d8b2d3c1a11",
}
"""A reply, as docs/openapi.json shows it."""


class QuestionReply(BaseModel):
    """The question as it was typed and as it was searched for; `wording` says whose words these are."""

    asked: str
    searched: str
    wording: Wording


class LegHitReply(BaseModel):
    """A chunk that a leg found; a fulltext index's own score knows other tenants' words, so it is never shown."""

    rank: int
    chunk_id: str
    similarity: float | None


class LegReply(BaseModel):
    """What one leg was asked and gave. `alone_ms` is its time when it is asked by itself, without the other leg.

    `asked` is more than the usual 60 where chunks of replaced versions filled the leg; `not_live` counts these, and
    `refused` those whose document's metadata does not pass the filters, which the index only narrows by.
    """

    index: str
    statement: str
    text: str
    asked: int
    given: int
    not_live: int
    refused: int
    alone_ms: float
    hits: list[LegHitReply]


class WeightsReply(BaseModel):
    """What the parts of a hybrid score are multiplied by; with them they add up to it."""

    similarity_z: float
    bm25_z: float
    title_evidence: float
    repetition: float
    path_evidence: float


class StartReply(BaseModel):
    """A passage from which paths of the graph begin, and how sure it is to be right, 0 to 1."""

    chunk_id: str
    strength: float


class WalkReply(BaseModel):
    """The walk over shared names: where it began, how many passages it reached, and how many of these were new."""

    starts: list[StartReply]
    reached: int
    added: int


class PathReply(BaseModel):
    """Why a passage is thought to answer: the passage that led there, the name that both hold, and how many documents
    hold it. A start has itself and no name."""

    strength: float
    start: str
    entity: str | None
    holders: int | None


class CandidateReply(BaseModel):
    """A chunk that a leg or the walk found, with the parts of its score; what the mode does without is null.

    `ranks` has its rank in each leg that found it, `reranked` that in the reranker's order. `outcome`: `returned`;
    `added`, behind `top_k` and read for words of the question that the others lack; `not_needed`, looked at and not
    read; `outranked`.
    """

    rank: int
    chunk_id: str
    document_id: str
    title: str
    beginning: str
    outcome: Outcome
    score: float
    similarity: float | None
    similarity_z: float | None
    bm25_words: float | None
    bm25_pairs: float | None
    bm25_z: float | None
    title_evidence: float | None
    repetition: float | None
    path_evidence: float | None
    path: PathReply | None
    ranks: dict[SearchMode, int]
    reranked: int | None


class BlockReply(BaseModel):
    """Neighbouring chunks that the answerer would be given as one passage, which it names by `number`."""

    number: int
    chunk_ids: list[str]
    document_id: str
    start: int
    end: int


class DroppedReply(BaseModel):
    """A chunk that was read, and why the answerer would not be given it."""

    chunk_id: str
    reason: Dropped


class ContextReply(BaseModel):
    """What the answerer would be given: the chunks that are read, best first, put together; and what is left out.

    `standing` says how far the best candidate stands out, by which an answer without a model is refused.
    """

    read: list[str]
    blocks: list[BlockReply]
    dropped: list[DroppedReply]
    tokens: int
    budget_tokens: int
    standing: float | None


class ComparedQuestionReply(BaseModel):
    """A question whose answer is kept, and what tells it apart from this one; null when both ask for the same."""

    question: str
    cosine: float
    difference: Difference | None
    detail: str


class CacheDecisionReply(BaseModel):
    """What the answer cache has for this question at this moment.

    `key` stands for tenant, corpus version, models, mode, `top_k`, filters, question and history; `answers` is false
    while the cache does not answer. `compared` has the nearest kept questions that were compared with this one, nearest
    first, and `not_compared` says why there are none.
    """

    hit: Literal["exact", "semantic"] | None
    key: str
    corpus_version: int
    answers: bool
    compared: list[ComparedQuestionReply]
    not_compared: NotCompared | None


class MessageReply(BaseModel):
    """Part of what a model would be sent."""

    role: str
    content: str


class PromptReply(BaseModel):
    """Who would answer, and what it would be sent: nothing when sentences are extracted without a model."""

    answerer: str
    messages: list[MessageReply]


class DebugSearchReply(BaseModel):
    """A search, stage by stage; `passages` is what POST /v1/search returns."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    question: QuestionReply
    mode: SearchMode
    top_k: int
    filters: dict[str, Any]
    legs: dict[SearchMode, LegReply]
    walk: WalkReply | None
    weights: WeightsReply
    candidates: list[CandidateReply]
    passages: list[PassageReply]
    context: ContextReply
    cache: CacheDecisionReply
    prompt: PromptReply
    timings_ms: dict[str, float]
    degraded: list[str]
    request_id: str
