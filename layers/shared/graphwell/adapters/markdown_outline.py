"""The outline of a Markdown text: its headings, and where it may be cut without harm. Read by markdown-it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.token import Token

DEEPEST_HEADING = 6
BLOCK_RANK = DEEPEST_HEADING + 1
_MAX_HEADING_CHARACTERS = 160
_MAX_HEADING_MARKUP = 2_000
"""Characters of a heading as it is written that are read: its words do not stand behind more markup than this."""

_LINE_END = re.compile(r"\r\n?|\n")
# Each line in one way alone: where "\r\n" could be one end of a line or two, front matter that is not closed took twice
# the time with every line, 104 s at 18 of them.
_FRONT_MATTER = re.compile(r"\A---[ \t]*(?>\r\n?|\n)(?:[^\r\n]*(?>\r\n?|\n))*?(?:---|\.\.\.)[ \t]*(?:\r\n?|\n|\Z)")
_TITLE_FIELD = re.compile(r"^title:[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ATTRIBUTES = re.compile(r"(?<!\s)\s*+\{[^{}]*\}\s*$")
_SPACES = re.compile(r"\s+")

# Only the block structure is wanted: leaving inline markup unparsed takes a third of the time.
_BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline", ignoreInvalid=True)
_INLINE = MarkdownIt("commonmark")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: `level` 1 to 6, its words without markup, and where its lines start and end, line break left out."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Outline:
    """Structure of a text; both lists are in the order of the text.

    Parameters:
        headings: headings outside of lists, quotations, code and front matter.
        cuts: offsets at which a block starts, each with its rank: a heading's level, else `BLOCK_RANK`.
    """

    headings: tuple[Heading, ...] = ()
    cuts: tuple[tuple[int, int], ...] = ()

    def path_at(self, offset: int) -> tuple[str, ...]:
        """Return the titles of the sections that enclose an offset, outermost first."""
        below = bisect_right(self.headings, offset, key=lambda heading: heading.start)
        path: list[str] = []
        level = DEEPEST_HEADING + 1
        for heading in reversed(self.headings[:below]):
            if heading.level < level:
                level = heading.level
                path.append(heading.title)
            if level == 1:
                break
        return tuple(title for title in reversed(path) if title)


def outline_of(text: str) -> Outline:
    """Return the outline of a Markdown text; offsets count its code points."""
    body = _FRONT_MATTER.sub(lambda match: re.sub(r"[^\r\n]", " ", match.group()), text)
    starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    headings: list[Heading] = []
    cuts: list[tuple[int, int]] = []
    for token, following in zip_longest(tokens := _BLOCKS.parse(body), tokens[1:]):
        if token.level or token.map is None or token.nesting < 0:
            continue
        start = starts[token.map[0]]
        if token.type == "heading_open" and following is not None:
            level = int(token.tag[1])
            end = start + len(text[start : starts[token.map[1]]].rstrip())
            headings.append(Heading(start, end, level, readable(following.content)))
            cuts.append((start, level))
        elif not cuts or cuts[-1][0] != start:
            cuts.append((start, BLOCK_RANK))
    return Outline(tuple(headings), tuple(cuts))


def front_matter_title(text: str) -> str:
    """Return the `title` that YAML front matter gives, empty when there is none."""
    matter = _FRONT_MATTER.match(text)
    found = matter and _TITLE_FIELD.search(matter.group())
    return found.group(1).strip("\"'") if found else ""


def readable(markup: str) -> str:
    """Return the words of inline Markdown: no emphasis, no backticks, no link targets, no `{ #anchor }` attributes."""
    tokens = _INLINE.parseInline(_ATTRIBUTES.sub("", markup[:_MAX_HEADING_MARKUP]))
    words = "".join(_words(tokens[0].children or [])) if tokens else ""
    return _SPACES.sub(" ", words).strip()[:_MAX_HEADING_CHARACTERS].rstrip()


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif token.type != "html_inline":
            yield token.content
