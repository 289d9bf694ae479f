"""Loading test collections."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.errors import DevstackError, UsageError
from devstack.evaluation.collection import load_collection

FILES = {
    "corpus.jsonl": '{"id": "1", "title": "One", "text": "first\u2028line"}\n{"id": 2, "text": "second"}\n',
    "queries.jsonl": '{"id": "q1", "text": "what?"}\n\n{"id": "q2", "text": "who?"}\n',
    "qrels.tsv": "query-id\tdoc-id\tscore\r\nq1\t1\t3\r\nq1\t2\t-1\r\n",
}


def write(folder: Path, **changed: str | None) -> Path:
    for name, content in {**FILES, **changed}.items():
        if content is not None:
            (folder / name).write_text(content, encoding="utf-8", newline="")
    return folder


def test_loads_documents_queries_and_judgements(tmp_path: Path) -> None:
    collection = load_collection(write(tmp_path))
    assert collection.name == tmp_path.name
    assert [(record.id, record.title, record.text) for record in collection.records] == [
        ("1", "One", "first\u2028line"),
        ("2", "", "second"),
    ]
    assert collection.judgements == {"q1": {"1": 3.0, "2": -1.0}}
    assert [collection.has_relevant_documents(query) for query in collection.queries] == [True, False]


def test_a_judgement_may_be_there_twice(tmp_path: Path) -> None:
    folder = write(tmp_path, **{"qrels.tsv": FILES["qrels.tsv"] + "q1\t1\t3\n"})
    assert load_collection(folder).judgements == {"q1": {"1": 3.0, "2": -1.0}}


@pytest.mark.parametrize("name", list(FILES))
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DevstackError, match=f"has no {name}"):
        load_collection(write(tmp_path, **{name: None}))


def test_a_missing_folder_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        load_collection(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("corpus.jsonl", FILES["corpus.jsonl"] + "{", r"corpus\.jsonl, line 3: not valid JSON"),
        ("corpus.jsonl", FILES["corpus.jsonl"] * 2, r'corpus\.jsonl, line 3: id "1" is on line 1'),
        ("queries.jsonl", '{"id": "q1"}', r'queries\.jsonl, line 1: "text" must be a string'),
        ("queries.jsonl", '{"id": "q1", "text": "a"}\n' * 2, r'queries\.jsonl, line 2: id "q1" is on line 1'),
        ("qrels.tsv", "query-id\tdoc-id\tscore\nq1\t1", r"qrels\.tsv, line 2: 2 columns"),
        ("qrels.tsv", "query-id\tdoc-id\tscore\nq1\t1\thigh", r'qrels\.tsv, line 2: score "high" is not a number'),
        ("qrels.tsv", "query-id\tdoc-id\tscore\nq1\t1\tnan", r'score "nan" is not a number'),
        ("qrels.tsv", "q1\t1\t1\nq1\t2\t1", r"qrels\.tsv, line 1: .* is a judgement where the header should be"),
        ("qrels.tsv", FILES["qrels.tsv"] + "q1\t1\t0", r"qrels\.tsv, line 4: q1 and 1 have another score already"),
        ("qrels.tsv", "query-id\tdoc-id\tscore\nq9\t1\t1", "no query of queries.jsonl has a relevant document"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, name: str, content: str, said: str) -> None:
    with pytest.raises(DevstackError, match=said):
        load_collection(write(tmp_path, **{name: content}))


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (write(tmp_path) / "qrels.tsv").write_bytes(b"\xff\xfe")
    with pytest.raises(DevstackError, match=r"qrels\.tsv is not UTF-8"):
        load_collection(tmp_path)
