"""Turns HTML into Markdown by markdownify, after `html_cleaner` has reduced it to what structures its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markdownify import ATX, MarkdownConverter

from graphwell.adapters.html_cleaner import clean_html
from graphwell.domain.cleaning import cleaned_text

if TYPE_CHECKING:
    from bs4.element import Tag

_LANGUAGE = re.compile(r"^(?:language|lang|highlight-source|highlight|brush:?)[-_ ]?([a-z0-9+#]{1,20})$", re.IGNORECASE)
_BLANK_BEGINNING = re.compile(r"\A[ \n]*\n")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


@dataclass(frozen=True, slots=True)
class MarkdownPage:
    """A page as Markdown, cleaned of what is no text, and what its `title` element says, empty without one."""

    text: str
    title: str


def html_to_markdown(html: str) -> MarkdownPage:
    """Return the text of a page with its headings, lists, tables and code."""
    page = clean_html(html)
    text = _BLANK_LINES.sub("\n\n", cleaned_text(_TO_MARKDOWN.convert(page.html))).strip()
    return MarkdownPage(text, cleaned_text(page.title))


def _language_of(pre: Tag) -> str:
    """Return the language that the classes of a `pre` or of the `code` in it name, empty when none does."""
    elements = [pre, *pre.find_all("code", limit=1)]
    classes = [name for element in elements for name in element.get_attribute_list("class") if name]
    found = (_LANGUAGE.match(name) for name in classes)
    return next((match.group(1).lower() for match in found if match), "")


class _Converter(MarkdownConverter):
    """Takes linear time over long runs of white space in `pre`, where markdownify's own stripping takes quadratic."""

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Return an element as a fenced block without the blank lines around its text."""
        stripped = _BLANK_BEGINNING.sub("", text).rstrip(" \n") if text else ""
        markdown: str = super().convert_pre(el, stripped, parent_tags)  # type: ignore[misc]  # its stub leaves it out
        return markdown


# Nothing is escaped: a quotation of the text is what a reader sees on the page, `snake_case` without backslashes.
_TO_MARKDOWN = _Converter(
    heading_style=ATX,
    strip_pre=None,
    bullets="-",
    table_infer_header=True,
    code_language_callback=_language_of,
    escape_asterisks=False,
    escape_underscores=False,
    escape_misc=False,
)
