"""Counts tokens as the embedding model does, without asking it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from semantic_text_splitter import TextSplitter

CountTokens = Callable[[str], int]

_FALLBACK_MODEL = "text-embedding-3-small"


def openai_counter(model: str) -> CountTokens:
    """Return a counter with the tokenizer of an OpenAI model, and of text-embedding-3-small for others.

    The splitter's tokenizers come with it, where OpenAI's own package would download them. It tells no counts, so the
    count is searched for: the least size into which a text fits whole.
    """
    known = _known_model(model)

    @cache
    def splitter(tokens: int) -> TextSplitter:
        from semantic_text_splitter import TextSplitter  # noqa: PLC0415  (start-up time)

        return TextSplitter.from_tiktoken_model(known, tokens, trim=False)

    def fits(text: str, tokens: int) -> bool:
        return len(splitter(tokens).chunks(text)) <= 1

    def count(text: str) -> int:
        if not text:
            return 0
        low, high = 0, max(1, len(text) // 4)
        while not fits(text, high):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if fits(text, middle) else (middle, high)
        return high

    return count


def local_counter(tokenizer_file: Path) -> CountTokens:
    """Return a counter with a model's tokenizer.json; its two special tokens count, since the model reads them."""
    from tokenizers import Tokenizer  # noqa: PLC0415  (start-up time)

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text).ids)


def _known_model(model: str) -> str:
    from semantic_text_splitter import TextSplitter  # noqa: PLC0415  (start-up time)

    try:
        TextSplitter.from_tiktoken_model(model, 1)
    except Exception:  # noqa: BLE001  the splitter raises bare Exception for an unknown model
        return _FALLBACK_MODEL
    return model
