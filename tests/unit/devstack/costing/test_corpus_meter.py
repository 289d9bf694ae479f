"""A corpus is measured by what its ingestion would do with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from semantic_text_splitter import TextSplitter

from devstack.client.source_files import find_source_files
from devstack.costing.corpus_meter import CorpusMeter, MeasuredCorpus
from devstack.costing.token_counts import openai_counter
from graphwell.adapters.files.isolated_reader import IsolatedReader, ReadLimits
from graphwell.adapters.markup_text_extractor import MarkupTextExtractor
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import embedding_text
from graphwell.domain.documents import ContentType

MODEL = "text-embedding-3-small"
COUNT = openai_counter(MODEL)
SENTENCE = "The boiler of building seven is serviced every year in May. "


@pytest.fixture(scope="module")
def chunker() -> SemanticChunker:
    return SemanticChunker.for_openai_model(MODEL, ChunkSize(64))


def measure(chunker: SemanticChunker, *paths: Path) -> MeasuredCorpus:
    meter = CorpusMeter(chunker, MarkupTextExtractor(), IsolatedReader(ReadLimits()), COUNT)
    return meter.measure(find_source_files(paths))


def test_chunks_and_tokens_are_those_of_the_real_chunker(chunker: SemanticChunker, tmp_path: Path) -> None:
    text = f"# Service\n\n{SENTENCE * 20}\n\n## Costs\n\n{SENTENCE * 10}"
    (tmp_path / "a.md").write_text(text)
    size = measure(chunker, tmp_path).size
    chunks = chunker.split(text, ContentType.MARKDOWN)
    embedded = [embedding_text("Service", chunk.headings, chunk.text) for chunk in chunks]
    assert (size.files, size.documents, size.uploads) == (1, 1, 0)
    assert size.chunks == len(chunks) > 5
    assert size.tokens == sum(map(COUNT, embedded))
    assert size.embedded_bytes == sum(len(part.encode()) for part in embedded)
    assert (size.characters, size.messages) == (len(text), 1)


def test_files_that_the_stack_would_read_are_read(chunker: SemanticChunker, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("part,price\nvalve,12\npump,340\n")
    size = measure(chunker, tmp_path).size
    assert (size.files, size.documents, size.uploads, size.chunks) == (1, 1, 1, 1)
    assert size.upload_bytes == 29
    assert size.upload_characters == size.characters > 0


def test_a_collection_counts_each_of_its_documents(chunker: SemanticChunker, tmp_path: Path) -> None:
    lines = "".join(f'{{"id": "{number}", "title": "T", "text": "{SENTENCE}"}}\n' for number in range(3))
    (tmp_path / "corpus.jsonl").write_text(lines)
    size = measure(chunker, tmp_path).size
    assert (size.files, size.documents, size.chunks) == (1, 3, 3)


def test_html_is_measured_without_its_markup(chunker: SemanticChunker, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<html><body><nav>menu</nav><p>{SENTENCE}</p></body></html>")
    assert measure(chunker, tmp_path).size.characters < 100


def test_what_cannot_be_ingested_is_told_and_not_counted(chunker: SemanticChunker, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "good.txt").write_text(SENTENCE)
    measured = measure(chunker, tmp_path)
    assert measured.size.documents == measured.size.files == 1
    assert {failure.file for failure in measured.failures} == {"empty.txt", "broken.pdf"}
    assert len(measured.left_out) == 3


@settings(deadline=None, max_examples=40)
@given(st.text(min_size=1, max_size=200))
def test_a_text_fits_whole_into_its_count_of_tokens_and_into_no_less(text: str) -> None:
    count = COUNT(text)
    assert len(TextSplitter.from_tiktoken_model(MODEL, count, trim=False).chunks(text)) <= 1
    if count > 1:
        assert len(TextSplitter.from_tiktoken_model(MODEL, count - 1, trim=False).chunks(text)) > 1


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("hello", 1), ("hello world", 2), ("tiktoken is great!", 6)])
def test_counts_are_those_of_the_published_examples(text: str, tokens: int) -> None:
    # The last is the example of OpenAI's cookbook on counting tokens, for cl100k_base.
    assert COUNT(text) == tokens


def test_a_model_that_openai_does_not_know_is_counted_like_the_chunker_cuts_it() -> None:
    assert openai_counter("somebody-elses-model")(SENTENCE) == COUNT(SENTENCE)
