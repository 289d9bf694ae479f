"""Gets the text out of HTML, Markdown and plain text files; HTML becomes Markdown by markdownify."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdownify import ATX, MarkdownConverter

from graphwell.adapters.html_cleaner import clean_html
from graphwell.adapters.markdown_outline import front_matter_title, outline_of
from graphwell.adapters.text_decoding import decode
from graphwell.domain.cleaning import cleaned_text
from graphwell.domain.documents import ContentType
from graphwell.domain.errors import UnusableDocument
from graphwell.ports import ExtractedText

if TYPE_CHECKING:
    from bs4.element import Tag

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_MARKDOWN = frozenset({"text/markdown", "text/x-markdown"})
_PLAIN = frozenset({"text/plain"})
_LANGUAGE = re.compile(r"^(?:language|lang|highlight-source|highlight|brush:?)[-_ ]?([a-z0-9+#]{1,20})$", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_LINE_SPACES = re.compile(r"[ \t]+$", re.MULTILINE)
_MAX_TITLE_CHARACTERS = 200


class MarkupTextExtractor:
    """TextExtractor port for HTML, Markdown and plain text."""

    media_types = _HTML | _MARKDOWN | _PLAIN

    def extract(self, data: bytes, media_type: str) -> ExtractedText:
        """Return the text of a file, cleaned of control characters, in Unicode NFC, with line feeds as line ends.

        Of HTML the headings, lists, tables, code and the text of links stay; scripts, styles, navigation, comments and
        what is hidden go.

        Raises:
            UnusableDocument: another media type, bytes that are no text, or no text in them.
        """
        if media_type not in self.media_types:
            raise UnusableDocument(
                f"Files of type {media_type[:100]} are not supported here; send HTML, Markdown or plain text."
            )
        if media_type in _HTML:
            extracted = _from_html(decode(data, is_markup=True))
        elif media_type in _MARKDOWN:
            extracted = _from_markdown(decode(data, is_markup=False))
        else:
            extracted = ExtractedText(cleaned_text(decode(data, is_markup=False)), ContentType.PLAIN, None)
        if not extracted.text.strip():
            raise UnusableDocument("The file holds no text to search; upload one with visible text.")
        return extracted


def _from_html(html: str) -> ExtractedText:
    page = clean_html(html)
    text = _BLANK_LINES.sub("\n\n", cleaned_text(_TO_MARKDOWN.convert(page.html))).strip()
    return ExtractedText(text, ContentType.MARKDOWN, _shortened(cleaned_text(page.title)) or _first_heading(text))


def _from_markdown(markdown: str) -> ExtractedText:
    text = cleaned_text(markdown)
    return ExtractedText(text, ContentType.MARKDOWN, _shortened(front_matter_title(text)) or _first_heading(text))


def _first_heading(text: str) -> str | None:
    titles = (heading.title for heading in outline_of(text).headings if heading.level == 1)
    return _shortened(next(titles, ""))


def _shortened(title: str) -> str | None:
    return title[:_MAX_TITLE_CHARACTERS].rstrip() or None


def _language_of(pre: Tag) -> str:
    """Return the language that the classes of a `pre` or of the `code` in it name, empty when none does."""
    elements = [pre, *pre.find_all("code", limit=1)]
    classes = [name for element in elements for name in element.get_attribute_list("class") if name]
    found = (_LANGUAGE.match(name) for name in classes)
    return next((match.group(1).lower() for match in found if match), "")


# Nothing is escaped: a quotation of the text is what a reader sees on the page, `snake_case` without backslashes.
_TO_MARKDOWN = MarkdownConverter(
    heading_style=ATX,
    bullets="-",
    code_language_callback=_language_of,
    escape_asterisks=False,
    escape_underscores=False,
    escape_misc=False,
)
