"""Reduces HTML to what structures its text, in one pass and with bounded nesting."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from graphwell.adapters.html_tokens import EndTag, StartTag, Text, html_tokens

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INDENTING = frozenset({"ul", "ol", "dl", "blockquote", "table"})
_BLOCKS = (
    _HEADINGS
    | _INDENTING
    | {"div", "section", "article", "main", "header", "footer", "aside", "pre", "figure", "details", "address"}
)
_CELLS = frozenset({"td", "th"})
_ROWS = frozenset({"tr", "td", "th"})
_STRUCTURE = (
    _BLOCKS
    | _ROWS
    | {"p", "li", "dt", "dd", "thead", "tbody", "tfoot", "caption", "code", "figcaption", "summary", "br", "hr"}
)
_DROPPED = frozenset(
    {"head", "script", "style", "nav", "template", "noscript", "svg", "math", "iframe", "object", "canvas", "audio"}
    | {"video", "select", "datalist", "button"}
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_CLOSED_BY: dict[str, frozenset[str]] = {
    **dict.fromkeys((*_BLOCKS, "p"), frozenset({"p"})),
    "li": frozenset({"li", "p"}),
    **dict.fromkeys(("dt", "dd"), frozenset({"dt", "dd", "p"})),
    **dict.fromkeys(_CELLS, _CELLS | {"p"}),
    **dict.fromkeys(("tr", "thead", "tbody", "tfoot"), _ROWS | {"p"}),
}
"""Elements whose end tag HTML lets authors leave out, by the start tag that ends them."""

_SPACES = re.compile(r"\s+")
_MAX_DEPTH = 60
_MAX_INDENTING = 8
_MAX_NUMBER_DIGITS = 4
_ITEMS_PER_LIST = 500
"""A longer numbered list is continued in a new one: markdownify counts an item's predecessors for every item."""


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    is_emitted: bool
    is_dropped: bool


@dataclass(frozen=True, slots=True)
class CleanHtml:
    """Well-formed HTML of structural elements only, and the page's title, empty when it has none."""

    html: str
    title: str


def clean_html(html: str) -> CleanHtml:
    """Return the structural elements and the text of a page; all other tags go, and the text in them stays.

    Elements nested deeper than 60, or than 8 where each level indents its lines, are left out and their text stays:
    the conversion to Markdown calls itself for every level and puts a prefix before every line.
    """
    cleaner = _Cleaner()
    for token in html_tokens(html):
        match token:
            case StartTag():
                cleaner.open(token.name, token.attributes)
            case EndTag():
                cleaner.close(token.name)
            case Text():
                cleaner.keep(token.value)
    return CleanHtml(cleaner.html, " ".join(cleaner.title.split()))


class _Cleaner:
    def __init__(self) -> None:
        self.title = ""
        self._parts: list[str] = []
        self._stack: list[_Open] = []
        self._counts: Counter[str] = Counter()
        self._emitted = 0
        self._indenting = 0
        self._dropping = 0
        self._in_title = False
        self._item_numbers: list[int] = []

    @property
    def html(self) -> str:
        """The reduced HTML, every element closed."""
        while self._stack:
            self._close_innermost()
        return "".join(self._parts)

    def open(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Emit a structural element; begin to drop what is no text of the page."""
        if tag == "body" or tag in _STRUCTURE:
            self._close_implied(tag)
        if tag in _VOID:
            self._emit_void(tag, attributes)
            return
        self._in_title = tag == "title" and not self.title and self._dropping == self._counts["head"]
        is_dropped = tag in _DROPPED or "hidden" in attributes or attributes.get("role") == "navigation"
        if not (is_dropped or self._dropping or tag in _STRUCTURE):
            return
        self._dropping += is_dropped
        is_emitted = not self._dropping and self._fits(tag)
        if is_emitted:
            self._number_item(tag, attributes)
            self._emitted += 1
            self._indenting += tag in _INDENTING
            self._parts.append(f"<{tag}{_kept_attributes(tag, attributes)}>")
        self._counts[tag] += 1
        self._stack.append(_Open(tag, is_emitted, is_dropped))

    def close(self, tag: str) -> None:
        """Close the innermost element of the name, and with it all that were left open in it."""
        self._in_title = False
        while self._counts[tag]:
            if self._close_innermost() == tag:
                return

    def keep(self, text: str) -> None:
        """Keep text that is not in a dropped element."""
        if self._in_title:
            self.title += text
        elif not self._dropping:
            # markdownify takes quadratic time over long runs of spaces.
            visible = text if self._counts["pre"] else _SPACES.sub(" ", text)
            self._parts.append(escape(visible, quote=False))

    def _emit_void(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._dropping:
            return
        if tag == "img":
            self._parts.append(escape(attributes.get("alt", ""), quote=False))
        elif tag in _STRUCTURE:
            self._parts.append(f"<{tag}/>")

    def _number_item(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "ol":
            self._item_numbers.append(int(_first_number(attributes)) - 1)
        elif tag == "li" and self._stack and self._stack[-1].tag == "ol" and self._stack[-1].is_emitted:
            self._item_numbers[-1] += 1
            if self._item_numbers[-1] % _ITEMS_PER_LIST == 0:
                self._parts.append(f'</ol><ol start="{self._item_numbers[-1]}">')

    def _fits(self, tag: str) -> bool:
        too_indented = tag in _INDENTING and self._indenting >= _MAX_INDENTING
        return tag in _STRUCTURE and self._emitted < _MAX_DEPTH and not too_indented

    def _close_implied(self, tag: str) -> None:
        ends = _CLOSED_BY.get(tag, frozenset())
        while self._stack and (self._stack[-1].tag in ends or self._stack[-1].tag == "head"):
            self._close_innermost()

    def _close_innermost(self) -> str:
        closed = self._stack.pop()
        self._counts[closed.tag] -= 1
        self._dropping -= closed.is_dropped
        if closed.is_emitted:
            self._emitted -= 1
            self._indenting -= closed.tag in _INDENTING
            if closed.tag == "ol":
                self._item_numbers.pop()
            self._parts.append(f"</{closed.tag}>")
        return closed.tag


def _kept_attributes(tag: str, attributes: Mapping[str, str]) -> str:
    """Return the attributes that matter to Markdown: a list's first number, the class that names a code's language."""
    if tag == "ol":
        return f' start="{_first_number(attributes)}"'
    if tag in {"pre", "code"} and (name := attributes.get("class")):
        return f' class="{escape(name)}"'
    return ""


def _first_number(attributes: Mapping[str, str]) -> str:
    start = attributes.get("start", "")
    return start if start.isascii() and start.isdecimal() and len(start) <= _MAX_NUMBER_DIGITS else "1"
