"""Sentences of plain or Markdown text with their places; headings, code and markup lines are no sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphwell.domain.words import words

SPACELESS_ENDS = "\u3002\uff01\uff1f\u0964\u0965\u061f\u06d4"
"""What ends a sentence in Chinese, Japanese, Hindi, Arabic and Urdu, whether a space follows or not."""

# In none of these can two repetitions share out one run of characters: a line indented by 1,500 spaces took 4 s.
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_FENCE = re.compile(r"[ \t]{0,8}(`{3,}|~{3,})")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(|.*?(?<![ \t#]))[ \t#]*+(?:\{[^{}]*\}[ \t]*+)?$")
_MARKER = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,4}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?|>[ \t]?)")
_NO_PROSE = re.compile(
    r"(?:[ \t]*\t)?+\|?[-=: |]{3,}+[ \t]*$"
    r"|[ \t]*+(?:/{3,}.*|\{[%*].*[%*]\}|:{3,}.*|</?[a-zA-Z!][^>]*>|\[[^\]]+\]:\s.*)[ \t]*$"
)
_BREAK = re.compile(
    r"(?P<mark>(?<![.!?\u2026])[.!?\u2026]++[\"'\u2019\u201d)\]*_`]*)(?P<space>\s+)(?=[\"'\u2018\u201c(\[*_`]*(?P<next>\S))"
    rf"|[{SPACELESS_ENDS}]+"
)
_WORD_BEFORE = re.compile(r"[\w.]+$")
_SHORT_FORMS = """
    al approx apr aug ca cf co corp dec dept dr ed eds eg e.g eq est etc ex feb fig figs gen hon i.e ie inc jan jr lt
    ltd mar mr mrs ms mt no nos nov oct pp prof ref refs rep rev sec sen sep sept sgt sr st u.k u.s univ viz vol vs www
"""
_ABBREVIATIONS = frozenset(_SHORT_FORMS.split())
_MAY_END_A_SENTENCE = frozenset({"etc", "no", "co", "inc", "ltd", "corp", "jr", "sr", "ex", "ed", "u.s", "u.k", "al"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, exactly `text[start:end]` of the text it was found in, and the heading above it there."""

    text: str
    start: int
    end: int
    heading: str = ""


def sentences_of(text: str) -> list[Sentence]:
    """Return the sentences of a text in order.

    A paragraph is split at the ends of its sentences, not at abbreviations, initials or decimals; each list item and
    table row is looked at by itself.
    """
    return [
        Sentence(text[start:end], start, end, heading)
        for block_start, block_end, heading in _blocks(text)
        for start, end in _split(text, block_start, block_end)
        if words(text[start:end])
    ]


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield paragraphs, list items and table rows as (start, end, heading above)."""
    heading, fence = "", ""
    begin: int | None = None
    end = 0
    for line in _LINE.finditer(text):
        content = line.group().rstrip("\r\n")
        opening = _FENCE.match(content)
        title = None if fence else _HEADING.match(content)
        marker = _MARKER.match(content)
        breaks = bool(fence or opening or title or marker or not content.strip() or _NO_PROSE.match(content))
        is_row = content.lstrip().startswith("|")
        if begin is not None and (breaks or is_row):
            yield begin, end, heading
            begin = None
        if opening and (not fence or opening.group(1).startswith(fence)):
            fence = "" if fence else opening.group(1)
        elif title:
            heading = title.group(1)
        elif not fence and not _NO_PROSE.match(content) and content.strip():
            if begin is None:
                begin = line.start() + (marker.end() if marker else 0)
            end = line.start() + len(content)
    if begin is not None:
        yield begin, end, heading


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    position = start
    for found in _BREAK.finditer(text, start, end):
        if found.group("mark") and not _ends_sentence(text, position, found):
            continue
        yield from _trimmed(text, position, found.end("mark") if found.group("mark") else found.end())
        position = found.end()
    yield from _trimmed(text, position, end)


def _ends_sentence(text: str, start: int, found: re.Match[str]) -> bool:
    if not found.group("mark").startswith("."):
        return True
    before = _WORD_BEFORE.search(text, max(start, found.start() - 24), found.start())
    following = found.group("next")
    if before is None:
        return True
    word = before.group().lower().strip(".")
    if word in _ABBREVIATIONS:
        return word in _MAY_END_A_SENTENCE and following.isupper()
    is_initial = len(word) == 1 and before.group().isupper()
    return not is_initial and not following.islower()


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    body = piece.strip(" \t\r\n|")
    if body:
        offset = start + piece.index(body)
        yield offset, offset + len(body)
