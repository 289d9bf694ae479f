"""Chunking by structure, with the tokenizer of an OpenAI model, which the splitter carries with it."""

from __future__ import annotations

import time
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphwell.adapters.markdown_outline import outline_of
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import ChunkDraft
from graphwell.domain.documents import ContentType
from graphwell.domain.errors import IncompatibleIndex

LINES = st.sampled_from(
    [
        "# Title\n",
        "## Part `code` { #part }\n",
        "Setext\n---\n",
        "A sentence. Another one, longer than the first! And a third?\n",
        "```python\n# no heading\nx = 1\n```\n",
        "~~~\nnever closed\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "- item\n  - deeper\n",
        "1. one\r\n2. two\r\n",
        "> quoted\n",
        "\t\tindented\ttabs\n",
        "---\ntitle: Front\n---\n",
        "\n",
        "\r",
        " \u2003\u00a0 \n",
        "e\u0301\u0323 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001d54f\n",
        "\u4e2d\u6587\u6ca1\u6709\u7a7a\u683c\u3002" * 9 + "\n",
        "x" * 700 + "\n",
        "word " * 150,
        "<div><p>html</p></div>\n",
        "\x1f \x1c\n",
    ]
)
TEXTS = st.one_of(st.lists(LINES, max_size=30).map("".join), st.text(max_size=400))


@cache
def chunker(tokens: int, overlap: int = 0) -> SemanticChunker:
    return SemanticChunker.for_openai_model("text-embedding-3-small", ChunkSize(tokens, overlap))


def split(text: str, tokens: int = 40, overlap: int = 0) -> list[ChunkDraft]:
    return chunker(tokens, overlap).split(text, ContentType.MARKDOWN)


@given(
    text=TEXTS, content_type=st.sampled_from([ContentType.MARKDOWN, ContentType.PLAIN]), overlap=st.sampled_from([0, 8])
)
@settings(max_examples=150, deadline=None)
def test_every_visible_character_lies_in_a_chunk_that_is_exactly_the_text_at_its_offsets(
    text: str, content_type: ContentType, overlap: int
) -> None:
    chunks = chunker(30, overlap).split(text, content_type)

    covered = bytearray(len(text))
    for ordinal, chunk in enumerate(chunks):
        assert chunk.ordinal == ordinal
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text.strip()
        assert len(chunk.text) <= 30 * 16 + 3 * 200
        covered[chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
    assert all(covered[offset] or character.isspace() for offset, character in enumerate(text))
    assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)


def test_sections_are_kept_apart_and_carry_their_path() -> None:
    paragraph = "The tide rises twice a day in this harbour and falls again. " * 2
    text = f"# Harbour\n\n{paragraph}\n\n## Tides\n\n{paragraph}\n\n## Ships\n\n### Large ships\n\n{paragraph}"

    chunks = split(text)

    assert [chunk.headings for chunk in chunks] == [
        ("Harbour",),
        ("Harbour", "Tides"),
        ("Harbour", "Ships"),
    ]
    assert chunks[2].text.startswith("## Ships\n\n### Large ships\n\nThe tide")


def test_titles_are_readable_text_without_markup() -> None:
    text = (
        "Using `yield` *here*\n===\n\none\n\n## The [link](https://a.test/) & <b>more</b> { #the-link .big }\n\n"
        + "Body text follows. " * 20
    )

    assert split(text)[-1].headings == ("Using yield here", "The link & more")


@pytest.mark.parametrize(
    "text",
    [
        "```\n# comment\n```\n\n" + "Text follows. " * 40,
        "---\ntitle: x\n---\n\n" + "Text follows. " * 40,
        "> # quoted\n\n" + "Text follows. " * 40,
        "    # indented code\n\n" + "Text follows. " * 40,
        "#hashtag\n\n" + "Text follows. " * 40,
    ],
)
def test_code_front_matter_and_quotations_give_no_headings(text: str) -> None:
    assert {chunk.headings for chunk in split(text)} == {()}


def test_front_matter_that_is_not_closed_takes_no_longer_than_other_text() -> None:
    began_s = time.process_time()

    split("---\r\n" + "A line of a page written on Windows.\r\n" * 16)

    assert time.process_time() - began_s < 1


@pytest.mark.parametrize("inside", [" ", "\t", "\u00a0", "![", " {a}"])
def test_a_long_heading_takes_no_longer_than_other_text(inside: str) -> None:
    began_s = time.process_time()

    outline = outline_of(f"# Tides{inside * 60_000}ships")

    assert time.process_time() - began_s < 1
    assert outline.headings[0].title.startswith("Tides")


def test_plain_text_has_no_headings() -> None:
    chunks = chunker(40).split("# not markdown\n" + "word " * 90, ContentType.PLAIN)

    assert {chunk.headings for chunk in chunks} == {()}


def test_a_heading_is_never_a_chunk_of_its_own_nor_the_end_of_one() -> None:
    paragraph = "word " * 39
    text = "".join(f"## Section {number}\n\n{paragraph}\n\n" for number in range(5)) + "# Last"

    chunks = split(text)

    assert [chunk.text.startswith("## Section") for chunk in chunks[:-1]] == [True] * 5
    assert not any(chunk.text.rstrip().splitlines()[-1].startswith("#") for chunk in chunks[:-1])


def test_a_list_of_nothing_but_headings_is_still_split() -> None:
    text = "".join(f"# Chapter {number} of the very long book\n" for number in range(200))

    chunks = split(text)

    assert len(chunks) > 20
    assert max(len(chunk.text) for chunk in chunks) < 600


def test_code_is_kept_whole_when_it_fits() -> None:
    code = "```python\n# a comment\ndef f(x):\n    return x + 1\n```"
    text = "Words before it. " * 8 + f"\n\n{code}\n\n" + "Words after it. " * 8

    assert any(code in chunk.text for chunk in split(text))


def test_sentences_are_kept_whole_when_they_fit() -> None:
    sentences = [f"Sentence number {number} tells of the tide and the ships." for number in range(40)]

    chunks = split(" ".join(sentences))

    assert all(chunk.text.endswith(".") and chunk.text.startswith("Sentence") for chunk in chunks)


def test_a_chunk_that_begins_before_the_end_of_blank_space_is_cut() -> None:
    """The splitter panicked over it, and a panic is no Exception: it ended the process that took the document in."""
    text = "\u2003\u00a0  \u2003\u00a0 \n\x1f \x1c\n\u1eb9\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001d54fi"

    [chunk] = split(text, tokens=30, overlap=8)

    assert chunk.text == text[12:]


def test_chunks_stay_in_order_where_a_long_one_is_cut_before_one_that_overlaps_it() -> None:
    text = f"{'word ' * 30}{' ' * 500}# T\n\n    code\n{'word ' * 30}"

    starts = [chunk.start for chunk in split(text, tokens=30, overlap=29)]

    assert starts == sorted(starts)


def test_with_overlap_the_first_line_of_a_chunk_keeps_its_indentation() -> None:
    text = f"{'A sentence of the first paragraph. ' * 8}\n\n    code = 1\n    more = 2\n"

    assert split(text, overlap=8)[-1].text.endswith("    code = 1\n    more = 2")


def test_overlap_repeats_the_end_of_the_chunk_before() -> None:
    text = " ".join(f"Sentence {number} tells of it." for number in range(40))

    chunks = split(text, overlap=10)

    assert all(later.start < earlier.end for earlier, later in pairwise(chunks))


def test_long_text_without_a_space_is_split() -> None:
    assert max(len(chunk.text) for chunk in split("a" * 20_000)) <= 40 * 16


def test_what_a_reader_sees_as_one_character_is_not_cut() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

    chunks = chunker(40).split(family * 1_500, ContentType.PLAIN)

    assert all(len(chunk.text) % len(family) == 0 for chunk in chunks)


def test_the_fingerprint_tells_sizes_and_tokenizers_apart() -> None:
    fingerprints = {
        chunker(40).fingerprint,
        chunker(41).fingerprint,
        chunker(40, 8).fingerprint,
        SemanticChunker.for_openai_model("gpt-4o", ChunkSize(40)).fingerprint,
    }

    assert len(fingerprints) == 4


def test_a_model_that_openai_does_not_know_is_counted_like_theirs() -> None:
    other = SemanticChunker.for_openai_model("nomic-embed-text", ChunkSize(40))

    assert other.fingerprint == chunker(40).fingerprint


@pytest.mark.parametrize(("tokens", "overlap"), [(0, 0), (10, 10), (10, -1)])
def test_sizes_that_cannot_be_are_refused(tokens: int, overlap: int) -> None:
    with pytest.raises(IncompatibleIndex, match="GRAPHWELL_CHUNK"):
        ChunkSize(tokens, overlap)
