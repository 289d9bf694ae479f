"""What the local embedder does without its model."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphwell.adapters.onnx_embedder import OnnxEmbedder, lambda_vcpus
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import IncompatibleIndex


def test_a_missing_model_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")

    with pytest.raises(IncompatibleIndex, match=r"model\.onnx in .*GRAPHWELL_ONNX_MODEL_DIR"):
        OnnxEmbedder(tmp_path)


def test_a_broken_model_is_told_with_what_to_do(tmp_path: Path) -> None:
    for name in ("tokenizer.json", "model.onnx"):
        (tmp_path / name).write_bytes(b"not a model")

    with pytest.raises(IncompatibleIndex, match="download"):
        OnnxEmbedder(tmp_path).embed_query("q", Deadline.after(5))


def test_a_missing_tokenizer_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IncompatibleIndex, match="GRAPHWELL_ONNX_MODEL_DIR"):
        SemanticChunker.for_local_model(tmp_path / "tokenizer.json", ChunkSize(100))


@pytest.mark.parametrize(("memory_mb", "vcpus"), [("", 1), ("512", 1), ("1769", 1), ("3538", 2), ("10240", 5)])
def test_threads_follow_lambdas_memory(memory_mb: str, vcpus: int) -> None:
    assert lambda_vcpus(memory_mb) == vcpus
