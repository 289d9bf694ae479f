"""Embeds on the function's own processor: bge-small-en-v1.5, quantised, run by ONNX Runtime."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import IncompatibleIndex
from graphwell.ports import Vector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL = "bge-small-en-v1.5-q"
DIMENSIONS = 384
WINDOW_TOKENS = 512
"""Tokens that the model reads of a text, `[CLS]` and `[SEP]` among them; what is beyond has no part in the vector."""

QUERY_PREFIX = "Represent this sentence for searching relevant passages: "
_MEMORY_MB_PER_VCPU = 1769  # AWS Lambda guide, "Configure Lambda function memory"


@dataclass(frozen=True, slots=True)
class _Runtime:
    session: Any
    tokenizer: Any


class OnnxEmbedder:
    """Embedder port on a local model; vectors have unit length.

    One text a run: the quantised model's vectors depend a little on their batch-mates (cosine .996 to .998), and
    batches are no faster (51 to 56 chunks/s against 52 to 66). So no tenant's vectors depend on another's text.
    """

    model = MODEL
    dimensions = DIMENSIONS

    def __init__(self, model_dir: Path, *, threads: int | None = None) -> None:
        """Take the model's folder; the model is loaded with the first text.

        Parameters:
            model_dir: folder with `model.onnx` and `tokenizer.json`.
            threads: threads that one text is computed with; None for the virtual processors that Lambda's memory
                setting gives, at least one.

        Raises:
            IncompatibleIndex: the folder lacks a file.
        """
        missing = [name for name in ("model.onnx", "tokenizer.json") if not (model_dir / name).is_file()]
        if missing:
            raise IncompatibleIndex(
                f"The local embedding model needs {' and '.join(missing)} in {model_dir}; point"
                " GRAPHWELL_ONNX_MODEL_DIR to its folder, or set GRAPHWELL_EMBEDDING_PROVIDER to openai."
            )
        self._model_dir = model_dir
        self._threads = threads or lambda_vcpus(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", ""))
        self._lock = threading.Lock()
        self._loaded: _Runtime | None = None

    def embed_query(self, text: str, deadline: Deadline) -> Vector:
        """Return the vector of a question.

        Raises:
            DeadlineExceeded: the time is used up.
        """
        return self._embed(QUERY_PREFIX + text, deadline)

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        """Return one vector a text, in order.

        Raises:
            DeadlineExceeded: the time is used up; looked at before every text.
        """
        return [self._embed(text, deadline) for text in texts]

    def _embed(self, text: str, deadline: Deadline) -> Vector:
        deadline.remaining_s()
        runtime = self._runtime()
        import numpy as np  # noqa: PLC0415

        encoding = runtime.tokenizer.encode(text)
        ids = np.array([encoding.ids], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden: NDArray[np.float32] = runtime.session.run(None, inputs)[0]
        first_token: list[float] = hidden[0, 0].tolist()
        # Summed exactly: BLAS adds in another order in another process, which moves the last bit of one text in eight.
        length = math.sqrt(math.fsum(value * value for value in first_token))
        return [value / length for value in first_token]

    def _runtime(self) -> _Runtime:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._model_dir, self._threads)
            return self._loaded


def lambda_vcpus(memory_mb: str) -> int:
    """Return the whole virtual processors that Lambda gives a function of this memory, at least 1."""
    return max(1, int(memory_mb) // _MEMORY_MB_PER_VCPU) if memory_mb.isdecimal() else 1


def _load(model_dir: Path, threads: int) -> _Runtime:
    # Importing these takes longer than most requests: 0.3 s and 60 MB that only embedding functions should pay.
    import onnxruntime  # noqa: PLC0415
    from tokenizers import Tokenizer  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
        session = onnxruntime.InferenceSession(
            str(model_dir / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # both raise classes of their own that share no base
        raise IncompatibleIndex(
            f"The local embedding model in {model_dir} cannot be loaded; download model.onnx and tokenizer.json again."
        ) from error
    tokenizer.enable_truncation(WINDOW_TOKENS)
    tokenizer.no_padding()
    return _Runtime(session, tokenizer)
