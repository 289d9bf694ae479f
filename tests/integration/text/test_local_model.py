"""Chunking and embedding with the real local model."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from devstack.downloads.model import ensure_model
from graphwell.adapters.onnx_embedder import DIMENSIONS, WINDOW_TOKENS, OnnxEmbedder
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import embedding_text
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import ContentType
from graphwell.domain.errors import DeadlineExceeded
from graphwell.ports import Vector

PARAGRAPH = "The harbour fills with the tide twice a day, and ships that draw more than twelve metres wait for it. "


@pytest.fixture(scope="module")
def model_dir() -> Path:
    return ensure_model()


@pytest.fixture(scope="module")
def embedder(model_dir: Path) -> OnnxEmbedder:
    return OnnxEmbedder(model_dir, threads=1)


@pytest.fixture(scope="module")
def tokenizer(model_dir: Path) -> Tokenizer:
    return Tokenizer.from_file(str(model_dir / "tokenizer.json"))


def cosine(one: Vector, other: Vector) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def test_a_question_is_nearest_to_the_passage_that_answers_it(embedder: OnnxEmbedder) -> None:
    passages = embedder.embed_passages(
        ["To change a forgotten password, open Settings.", "The moon orbits the earth.", "Tea grows in the valley."],
        Deadline.after(60),
    )
    question = embedder.embed_query("how do I reset my password?", Deadline.after(60))

    similarities = [cosine(question, passage) for passage in passages]
    assert similarities.index(max(similarities)) == 0


def test_vectors_have_the_models_dimensions_and_unit_length(embedder: OnnxEmbedder) -> None:
    [vector] = embedder.embed_passages(["words"], Deadline.after(60))

    assert len(vector) == embedder.dimensions == DIMENSIONS
    assert cosine(vector, vector) == pytest.approx(1, abs=1e-5)
    assert all(type(value) is float for value in vector)


def test_a_vector_depends_neither_on_batch_mates_nor_on_threads(embedder: OnnxEmbedder, model_dir: Path) -> None:
    alone = embedder.embed_passages(["the tide"], Deadline.after(60))[0]
    in_company = embedder.embed_passages([PARAGRAPH * 5, "the tide", "x"], Deadline.after(60))[1]
    with_two_threads = OnnxEmbedder(model_dir, threads=2).embed_passages(["the tide"], Deadline.after(60))[0]

    assert alone == in_company == with_two_threads


def test_a_vector_is_the_same_to_the_bit_on_another_kind_of_processor(embedder: OnnxEmbedder, model_dir: Path) -> None:
    texts = [f"Ship {number} waits for the tide." for number in range(30)]
    code = (
        "import json, sys; from pathlib import Path; from graphwell.adapters.onnx_embedder import OnnxEmbedder;"
        "from graphwell.domain.deadline import Deadline;"
        "embedder = OnnxEmbedder(Path(sys.argv[1]), threads=1);"
        "print(json.dumps(embedder.embed_passages(json.loads(sys.argv[2]), Deadline.after(60))))"
    )
    older = os.environ | {"OPENBLAS_CORETYPE": "Prescott"}  # numpy's BLAS then adds in another order
    command = [sys.executable, "-c", code, str(model_dir), json.dumps(texts)]
    done = subprocess.run(command, env=older, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == embedder.embed_passages(texts, Deadline.after(60))


def test_text_beyond_the_window_is_cut_off(embedder: OnnxEmbedder) -> None:
    within = "word " * (WINDOW_TOKENS - 2)
    one, other = embedder.embed_passages([within, within + "and more"], Deadline.after(60))

    assert one == other


def test_the_deadline_is_looked_at_between_texts(embedder: OnnxEmbedder) -> None:
    readings = iter([0.0, 0.0, 10.0])

    with pytest.raises(DeadlineExceeded):
        embedder.embed_passages(["one", "two", "three"], Deadline(5.0, lambda: next(readings)))


@pytest.mark.parametrize("content_type", [ContentType.MARKDOWN, ContentType.PLAIN])
@pytest.mark.parametrize(
    "text",
    [
        PARAGRAPH * 100,
        "".join(f"## Section {number}\n\n{PARAGRAPH * 3}\n\n" for number in range(20)),
        "```\n" + "value = compute(1, 2)\n" * 300 + "```\n",
        "| port | depth |\n|---|---|\n" + "| north | 12 |\n" * 300,
        "中文没有空格" * 300,
    ],
)
def test_no_chunk_has_more_tokens_than_its_size(
    model_dir: Path, tokenizer: Tokenizer, text: str, content_type: ContentType
) -> None:
    chunks = SemanticChunker.for_local_model(model_dir / "tokenizer.json", ChunkSize(100)).split(text, content_type)

    sizes = [len(tokenizer.encode(chunk.text, add_special_tokens=False).ids) for chunk in chunks]
    assert max(sizes) <= 100
    assert text.startswith(chunks[0].text)


def test_a_chunk_with_its_title_and_headings_fits_the_window(model_dir: Path, tokenizer: Tokenizer) -> None:
    heading = "A section heading of quite some length, as manuals have them"
    text = "".join(f"{'#' * level} {heading} {level}\n\n{PARAGRAPH * 12}\n\n" for level in range(1, 7))
    chunks = SemanticChunker.for_local_model(model_dir / "tokenizer.json", ChunkSize(256)).split(
        text, ContentType.MARKDOWN
    )

    texts = [embedding_text("The title of the manual", chunk.headings, chunk.text) for chunk in chunks]
    assert max(len(chunk.headings) for chunk in chunks) == 6
    assert max(len(tokenizer.encode(embedded).ids) for embedded in texts) <= WINDOW_TOKENS


def test_a_word_that_the_tokenizer_counts_as_one_is_split(model_dir: Path) -> None:
    chunker = SemanticChunker.for_local_model(model_dir / "tokenizer.json", ChunkSize(50))

    chunks = chunker.split("a" * 10_000, ContentType.PLAIN)

    assert max(len(chunk.text) for chunk in chunks) <= 50 * 16
    assert sum(len(chunk.text) for chunk in chunks) == 10_000
