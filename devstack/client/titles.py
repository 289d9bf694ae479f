"""Titles of documents: the first heading, the HTML title, or else the file's name."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import PurePosixPath

from devstack.client.source_files import FileKind

MAX_TITLE_LENGTH = 300
_HEAD_LENGTH = 20_000
"""Characters looked at: a title stands at the top, and parsing a whole book for it takes seconds."""
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_MATTER_TITLE = re.compile(r"""^title:[ \t]*(["']?)(.+?)\1[ \t]*\r?$""", re.MULTILINE)
_HEADING_ATTRIBUTES = re.compile(r"\s*\{\s*[#.:][^{}]*\}\s*$")


def title_of(text: str, kind: FileKind, name: str) -> str:
    """Return the title of a document.

    Parameters:
        text: the whole text.
        kind: how it is marked up.
        name: relative path of the file, the last resort.
    """
    found = None
    if kind is FileKind.MARKDOWN:
        found = _markdown_title(text[:_HEAD_LENGTH])
    elif kind is FileKind.HTML:
        found = _html_title(text[:_HEAD_LENGTH])
    cleaned = " ".join((found or "").split())
    return cleaned[:MAX_TITLE_LENGTH].rstrip() or PurePosixPath(name).stem.strip() or name


def _markdown_title(head: str) -> str | None:
    """Return the title of the front matter, or else the text of the first heading."""
    front_matter = _FRONT_MATTER.match(head)
    if front_matter:
        title = _FRONT_MATTER_TITLE.search(front_matter.group(1))
        if title:
            return title.group(2)
        head = head[front_matter.end() :]
    return _first_heading(head)


def _first_heading(markdown: str) -> str | None:
    from markdown_it import MarkdownIt  # noqa: PLC0415  (start-up time)

    tokens = MarkdownIt("commonmark").parse(markdown)
    for opening, content in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        inline = content.children or []
        words = "".join(part.content if part.content else " " * (part.type == "softbreak") for part in inline)
        heading = _HEADING_ATTRIBUTES.sub("", words)
        if heading.strip():
            return heading
    return None


def _html_title(head: str) -> str | None:
    parser = _TitleParser()
    parser.feed(head)
    return parser.title


class _TitleParser(HTMLParser):
    """Collects the text of the first title element outside of SVG, whose titles are tooltips."""

    def __init__(self) -> None:
        super().__init__()
        self.title: str | None = None
        self._is_open = False
        self._svg_depth = 0

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002
        """Pass over `<![...]>` as browsers do, as a comment; the parser of Python fails over one it does not know."""
        return self.parse_bogus_comment(i, report=False)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "svg":
            self._svg_depth += 1
        elif tag == "title" and self.title is None and not self._svg_depth:
            self._is_open, self.title = True, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg":
            self._svg_depth = max(0, self._svg_depth - 1)
        elif tag == "title":
            self._is_open = False

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.title = (self.title or "") + data
