"""Bodies and replies of searches and questions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, Field, StrictInt, StrictStr

from graphwell.domain.conversation import MAX_TURNS, Role
from graphwell.domain.filters import MAX_VALUES
from graphwell.domain.passages import MAX_QUESTION_LENGTH, SearchMode
from graphwell.http.request_model import RequestModel, documented

MAX_TOP_K = 100


_Question = Annotated[StrictStr, documented(minLength=1, maxLength=MAX_QUESTION_LENGTH)]


class TurnBody(RequestModel):
    """Something said earlier in the conversation; `text` is taken for `content` as well."""

    role: Role
    content: Annotated[
        StrictStr,
        Field(
            validation_alias=AliasChoices("content", "text"),
            json_schema_extra={"minLength": 1, "maxLength": MAX_QUESTION_LENGTH},
        ),
    ]


_History = Annotated[list[TurnBody], Field(max_length=MAX_TURNS)]

_FILTER_VALUE = {"type": ["string", "number", "boolean"]}

_FILTER_VALUES = {"type": "array", "items": _FILTER_VALUE, "minItems": 1, "maxItems": MAX_VALUES}


_Filters = Annotated[
    dict[StrictStr, Any],
    Field(
        description="Conditions on documents, all of which must hold, by `document_id` and `metadata.KEY`.",
        json_schema_extra={
            "additionalProperties": {
                "anyOf": [
                    _FILTER_VALUE,
                    _FILTER_VALUES,
                    {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": False,
                        "properties": {
                            "eq": _FILTER_VALUE,
                            "in": _FILTER_VALUES,
                            "gte": {"type": ["string", "number"]},
                            "lte": {"type": ["string", "number"]},
                        },
                    },
                ]
            },
            "examples": [{"document_id": ["handbook", "menu"], "metadata.year": {"gte": 2020, "lte": 2022}}],
        },
    ),
]


class SearchBody(RequestModel):
    """A search; `history` holds the conversation before it, oldest turn first."""

    query: _Question
    top_k: Annotated[StrictInt, Field(ge=1, le=MAX_TOP_K)] = 10
    mode: SearchMode = SearchMode.HYBRID
    history: _History = Field(default_factory=list)
    filters: _Filters = Field(default_factory=dict)


class PassageReply(BaseModel):
    """A passage; `text` is the document's text from `start` to `end`, and `score` compares within one reply only."""

    document_id: str
    chunk_id: str
    title: str
    text: str
    score: float
    start: int
    end: int
    headings: list[str]
    page: int | None


class SearchReply(BaseModel):
    """Passages, best first."""

    passages: list[PassageReply]
    timings_ms: dict[str, float]
    degraded: list[str]
    request_id: str


class QueryBody(RequestModel):
    """A question to answer; `history` holds the conversation before it, oldest turn first."""

    question: _Question
    top_k: Annotated[StrictInt, Field(ge=1, le=MAX_TOP_K)] = 10
    mode: SearchMode = SearchMode.HYBRID
    history: _History = Field(default_factory=list)
    filters: _Filters = Field(default_factory=dict)


class CitationReply(BaseModel):
    """A quotation: `quote` is the document's text from `start` to `end`, verbatim."""

    document_id: str
    chunk_id: str
    quote: str
    start: int
    end: int
    page: int | None


class CacheReply(BaseModel):
    """How the answer was found in a cache; null when it was made for this request."""

    hit: Literal["exact", "semantic"] | None


class UsageReply(BaseModel):
    """Model tokens that the answer took when it was made."""

    prompt_tokens: int
    completion_tokens: int
    model: str | None


class QueryReply(BaseModel):
    """An answer; `grounded` is false and `citations` empty when the documents do not answer the question."""

    answer: str
    grounded: bool
    citations: list[CitationReply]
    passages: list[PassageReply]
    cache: CacheReply
    degraded: list[str]
    usage: UsageReply
    request_id: str


class PassagesEvent(BaseModel):
    """The first event of a streamed answer: the passages that it is made of, best first, cited or not."""

    passages: list[PassageReply]


class DeltaEvent(BaseModel):
    """The next part of a streamed answer's text: whole sentences whose citations hold."""

    text: str
