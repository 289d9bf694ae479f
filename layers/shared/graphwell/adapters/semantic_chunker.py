"""Cuts text into chunks along its structure with semantic-text-splitter; sizes are tokens of the embedding model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from semantic_text_splitter import MarkdownSplitter, TextSplitter

from graphwell.adapters.markdown_outline import Outline, outline_of
from graphwell.adapters.text_spans import Span, join_headings, segments, trimmed
from graphwell.domain.chunks import ChunkDraft
from graphwell.domain.documents import ContentType
from graphwell.domain.errors import IncompatibleIndex

RULES = "structure-1"
"""Changes whenever the rules of this module do, so that documents sent again are chunked again."""

_SEGMENT_CHARACTERS_PER_TOKEN = 32
"""The splitter's time grows with the square of what it is given: 22 s for 200,000 CJK characters in one line and 5.2 s
for a MB of Markdown. Cut first into segments of this many characters a token, they take 2.7 s and 2.9 s."""

_MAX_CHARACTERS_PER_TOKEN = 16
"""A BERT tokenizer counts a run of any length without a space as one token, so characters are limited as well."""

_FALLBACK_TIKTOKEN_MODEL = "text-embedding-3-small"


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """How large chunks are.

    Parameters:
        tokens: most tokens of the embedding model in a chunk, special tokens, title and headings not counted.
        overlap_tokens: most tokens that a chunk repeats of the one before it in the same section.
    """

    tokens: int
    overlap_tokens: int = 0

    def __post_init__(self) -> None:
        if self.tokens < 1 or not 0 <= self.overlap_tokens < self.tokens:
            raise IncompatibleIndex(
                f"A chunk of {self.tokens} tokens cannot overlap by {self.overlap_tokens};"
                " set GRAPHWELL_CHUNK_TOKENS above 0 and GRAPHWELL_CHUNK_OVERLAP_TOKENS from 0 to less than that."
            )

    @property
    def is_trimmed(self) -> bool:
        """Whether the splitter takes white space off chunks.

        With overlap it panics when it does: a chunk of white space alone becomes its own end, and the next one, which
        overlaps it, begins before that.
        """
        return not self.overlap_tokens

    @property
    def of_splitter(self) -> tuple[int, int, bool]:
        """What a splitter is made with."""
        return self.tokens, self.overlap_tokens, self.is_trimmed


class SemanticChunker:
    """Chunker port: headings, blocks, sentences and words are kept whole as far as they fit, in that order."""

    def __init__(self, markdown: MarkdownSplitter, plain: TextSplitter, size: ChunkSize, tokenizer: str) -> None:
        """Take splitters of one size and tokenizer.

        Parameters:
            markdown, plain: splitters for the two kinds of text, both of `size`.
            tokenizer: what names the tokenizer in the fingerprint.
        """
        self._splitters: dict[ContentType, MarkdownSplitter | TextSplitter] = {
            ContentType.MARKDOWN: markdown,
            ContentType.PLAIN: plain,
        }
        self._segment_characters = size.tokens * _SEGMENT_CHARACTERS_PER_TOKEN
        self._max_characters = size.tokens * _MAX_CHARACTERS_PER_TOKEN
        self._is_trimmed = size.is_trimmed
        self._by_characters = TextSplitter(self._max_characters)
        library = version("semantic-text-splitter")
        self._fingerprint = f"{RULES}:{library}:{tokenizer}:{size.tokens}:{size.overlap_tokens}"

    @classmethod
    def for_local_model(cls, tokenizer_file: Path, size: ChunkSize) -> SemanticChunker:
        """Return a chunker that counts with a model's `tokenizer.json`.

        Raises:
            IncompatibleIndex: the file is missing or is not a tokenizer.
        """
        try:
            config = json.loads(tokenizer_file.read_bytes())
            # A tokenizer that truncates would count every long text as short.
            content = json.dumps(config | {"truncation": None, "padding": None}, sort_keys=True)
            markdown = MarkdownSplitter.from_huggingface_tokenizer_str(content, *size.of_splitter)
            plain = TextSplitter.from_huggingface_tokenizer_str(content, *size.of_splitter)
        except Exception as error:  # the splitter raises bare Exception for a bad tokenizer
            raise IncompatibleIndex(
                f"No tokenizer can be read from {tokenizer_file}; point GRAPHWELL_ONNX_MODEL_DIR to the folder"
                " with the local model's model.onnx and tokenizer.json."
            ) from error
        return cls(markdown, plain, size, hashlib.sha256(content.encode()).hexdigest()[:12])

    @classmethod
    def for_openai_model(cls, model: str, size: ChunkSize) -> SemanticChunker:
        """Return a chunker that counts with an OpenAI model's tokenizer.

        A model that OpenAI does not know, served by a compatible endpoint, is counted with that of text-embedding-3.
        """
        try:
            markdown = MarkdownSplitter.from_tiktoken_model(model, *size.of_splitter)
        except Exception:  # noqa: BLE001  the splitter raises bare Exception for an unknown model
            model = _FALLBACK_TIKTOKEN_MODEL
            markdown = MarkdownSplitter.from_tiktoken_model(model, *size.of_splitter)
        return cls(markdown, TextSplitter.from_tiktoken_model(model, *size.of_splitter), size, model)

    @property
    def fingerprint(self) -> str:
        """Rules, library version, tokenizer and sizes."""
        return self._fingerprint

    def split(self, text: str, content_type: ContentType) -> list[ChunkDraft]:
        """Return the chunks of a text in order; every chunk's text is exactly `text[start:end]`.

        Every character that is not white space lies in a chunk, and no chunk is blank. A heading is never left alone
        at the end of a chunk nor as a chunk: it opens the chunk of the text below it, which may be longer by just that.
        """
        is_plain = content_type is ContentType.PLAIN
        outline = Outline() if is_plain else outline_of(text)
        splitter = self._splitters[ContentType.PLAIN if is_plain else ContentType.MARKDOWN]
        spans: list[Span] = []
        for start, end in segments(text, outline.cuts, self._segment_characters):
            pieces = splitter.chunk_indices(text[start:end])
            spans.extend((start + offset, start + offset + len(piece)) for offset, piece in pieces)
        if not self._is_trimmed:
            spans = [trimmed(text, span) for span in spans]
        spans = list(join_headings(text, sorted(self._usable(text, spans)), outline.headings))
        return [
            ChunkDraft(ordinal, text[start:end], start, end, outline.path_at(start))
            for ordinal, (start, end) in enumerate(spans)
        ]

    def _usable(self, text: str, spans: Iterable[Span]) -> Iterator[Span]:
        for start, end in spans:
            if not text[start:end].strip():  # Python counts U+001C to U+001F as white space, the splitter does not
                continue
            if end - start <= self._max_characters:
                yield start, end
                continue
            for offset, piece in self._by_characters.chunk_indices(text[start:end]):
                yield start + offset, start + offset + len(piece)
