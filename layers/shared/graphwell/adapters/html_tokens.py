"""Splits HTML into tags and text in linear time, however malformed it is.

Both parsers at hand can be made to stop a function: 90 KB of `<a <a <a` keep the standard library's html.parser of
Python 3.13.0 busy for 73 s, and 60 KB of `<font a=1><p><font a=2><p>` make html5ever build 1.9 GB of elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape

_TAG_LOOKAHEAD = 2048
"""Characters of a tag whose attributes are read; a longer one, such as an image in its own address, ends at a `>`."""

_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,60})(?=[\s/>])")
_TAG_REST = re.compile(r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,40})(?:\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_RAW_TEXT_END = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "iframe", "noembed", "noframes", "xmp")
}


@dataclass(frozen=True, slots=True)
class Text:
    """Text between tags, character references resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class StartTag:
    """A start tag; names are in lower case, an attribute without a value has an empty one."""

    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EndTag:
    """An end tag, its name in lower case."""

    name: str


Token = Text | StartTag | EndTag


def html_tokens(html: str) -> Iterator[Token]:
    """Yield tags and text in order; comments, declarations and the content of scripts and styles are left out."""
    position = 0
    while (opened := html.find("<", position)) >= 0:
        if opened > position:
            yield Text(unescape(html[position:opened]))
        if html.startswith(("<!", "<?"), opened):
            position = _end_of_declaration(html, opened)
            continue
        tag = _TAG_NAME.match(html, opened)
        if tag is None:
            yield Text("<")
            position = opened + 1
            continue
        name = tag.group(2).lower()
        rest = _TAG_REST.match(html, tag.end(), tag.end() + _TAG_LOOKAHEAD)
        position = rest.end() if rest else _after(html, ">", tag.end())
        if tag.group(1):
            yield EndTag(name)
            continue
        yield StartTag(name, _attributes(html[tag.end() : min(position, tag.end() + _TAG_LOOKAHEAD)]))
        if ending := _RAW_TEXT_END.get(name):
            closed = ending.search(html, position)
            position = closed.start() if closed else len(html)
    if position < len(html):
        yield Text(unescape(html[position:]))


def _end_of_declaration(html: str, opened: int) -> int:
    if not html.startswith("<!--", opened):
        return _after(html, ">", opened)
    # `<!-->` and `<!--->` are comments too; the HTML standard lets them end early.
    return _after(html, "-->", opened + 2)


def _after(html: str, mark: str, position: int) -> int:
    """Return the position after the next `mark`, the end of the text when there is none."""
    found = html.find(mark, position)
    return len(html) if found < 0 else found + len(mark)


def _attributes(markup: str) -> dict[str, str]:
    return {
        name.lower(): unescape(double or single or bare)
        for name, double, single, bare in reversed(_ATTRIBUTE.findall(markup))
    }
