"""Loads a test collection: a corpus, queries, and judgements of which documents answer them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.client.collection_lines import BrokenLineError, CorpusRecord, corpus_records, json_lines, string_field
from devstack.errors import DevstackError, UsageError
from devstack.evaluation.metrics import Judgements, relevant_documents

CORPUS_FILE = "corpus.jsonl"
QUERIES_FILE = "queries.jsonl"
JUDGEMENTS_FILE = "qrels.tsv"
_JUDGEMENT_COLUMNS = 3


@dataclass(frozen=True)
class Query:
    """A question of a collection."""

    id: str
    text: str


@dataclass(frozen=True)
class Collection:
    """A test collection.

    Parameters:
        name: the folder's name.
        records: its documents.
        queries: its questions, in the file's order.
        judgements: by query id; queries without any are absent.
    """

    name: str
    records: Sequence[CorpusRecord]
    queries: Sequence[Query]
    judgements: Mapping[str, Judgements]

    def has_relevant_documents(self, query: Query) -> bool:
        """Return whether any document answers the query, so that the measures are defined."""
        return bool(relevant_documents(self.judgements.get(query.id, {})))


def load_collection(folder: Path) -> Collection:
    """Return the collection in a folder.

    Raises:
        UsageError: the folder does not exist.
        DevstackError: a file is missing, or one of its lines is broken.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name one with {CORPUS_FILE}, {QUERIES_FILE}, {JUDGEMENTS_FILE}.")
    try:
        collection = Collection(
            name=folder.resolve().name,
            records=list(corpus_records(_text(folder, CORPUS_FILE), CORPUS_FILE)),
            queries=_queries(_text(folder, QUERIES_FILE)),
            judgements=_judgements(_text(folder, JUDGEMENTS_FILE)),
        )
    except BrokenLineError as error:
        raise DevstackError(f"{folder}: {error}") from error
    if not any(collection.has_relevant_documents(query) for query in collection.queries):
        raise DevstackError(f"{folder}: no query of {QUERIES_FILE} has a relevant document in {JUDGEMENTS_FILE}.")
    return collection


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DevstackError(f"{folder} has no {name}; a collection is a folder that holds it.") from error
    except UnicodeDecodeError as error:
        raise DevstackError(f"{folder / name} is not UTF-8 (byte {error.start}); convert it.") from error


def _queries(text: str) -> list[Query]:
    line_of_id: dict[str, int] = {}
    queries = []
    for number, value in json_lines(text, QUERIES_FILE):
        query = Query(
            string_field(value, "id", file=QUERIES_FILE, line=number),
            string_field(value, "text", file=QUERIES_FILE, line=number),
        )
        if query.id in line_of_id:
            raise BrokenLineError(
                f'{QUERIES_FILE}, line {number}: id "{query.id}" is on line {line_of_id[query.id]} already.'
            )
        line_of_id[query.id] = number
        queries.append(query)
    return queries


def _judgements(text: str) -> dict[str, dict[str, float]]:
    """Return grades by query and document; the first line is the header."""
    grades: dict[str, dict[str, float]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        columns = line.rstrip("\r").split("\t")
        if number == 1:
            _check_header(columns)
            continue
        if not line.strip():
            continue
        if len(columns) != _JUDGEMENT_COLUMNS:
            raise BrokenLineError(
                f"{JUDGEMENTS_FILE}, line {number}: {len(columns)} columns instead of query-id, doc-id, score."
            )
        query_id, document_id, score = columns
        grade = _grade(score, number)
        if grades.setdefault(query_id, {}).setdefault(document_id, grade) != grade:
            raise BrokenLineError(
                f"{JUDGEMENTS_FILE}, line {number}: {query_id} and {document_id} have another score already."
            )
    return grades


def _check_header(columns: Sequence[str]) -> None:
    """Refuse a judgement in the header's place, which would not be counted."""
    try:
        float(columns[-1])
    except ValueError:
        return
    raise BrokenLineError(
        f"{JUDGEMENTS_FILE}, line 1: {' '.join(columns)} is a judgement where the header should be; put one above it."
    )


def _grade(score: str, line: int) -> float:
    try:
        grade = float(score)
    except ValueError:
        grade = math.nan
    if not math.isfinite(grade):
        raise BrokenLineError(f'{JUDGEMENTS_FILE}, line {line}: score "{score}" is not a number.')
    return grade
