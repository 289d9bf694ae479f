"""Gets the text out of HTML, Markdown and plain text; HTML becomes Markdown."""

from __future__ import annotations

from graphwell.adapters.html_to_markdown import html_to_markdown
from graphwell.adapters.markdown_outline import front_matter_title, outline_of
from graphwell.adapters.text_decoding import decode
from graphwell.domain.cleaning import cleaned_text
from graphwell.domain.documents import ContentType
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault
from graphwell.ports import ExtractedText

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_MARKDOWN = frozenset({"text/markdown", "text/x-markdown"})
_PLAIN = frozenset({"text/plain"})
_MAX_TITLE_CHARACTERS = 200


class MarkupTextExtractor:
    """TextExtractor port for HTML, Markdown and plain text."""

    media_types = _HTML | _MARKDOWN | _PLAIN

    def extract(self, data: bytes, media_type: str) -> ExtractedText:
        """Return the text of a file, cleaned of control characters, in Unicode NFC, with line feeds as line ends.

        Of HTML the headings, lists, tables, code and the text of links stay; scripts, styles, navigation, comments and
        what is hidden go.

        Raises:
            UnreadableFile: another media type, bytes that are no text, or no text in them.
        """
        if media_type not in self.media_types:
            raise UnreadableFile(
                FileFault.UNSUPPORTED,
                f"Files of type {media_type[:100]} are not supported here; send HTML, Markdown or plain text.",
            )
        if media_type in _HTML:
            extracted = _from_html(decode(data, is_markup=True))
        elif media_type in _MARKDOWN:
            extracted = _from_markdown(decode(data, is_markup=False))
        else:
            extracted = ExtractedText(cleaned_text(decode(data, is_markup=False)), ContentType.PLAIN, None)
        if not extracted.text.strip():
            raise UnreadableFile(FileFault.EMPTY, "The file holds no text to search; upload one with visible text.")
        return extracted


def first_heading(text: str) -> str | None:
    """Return the first heading of the first level in a Markdown text, None when it has none."""
    titles = (heading.title for heading in outline_of(text).headings if heading.level == 1)
    return shortened_title(next(titles, ""))


def shortened_title(title: str) -> str | None:
    """Return a title of at most 200 characters, None of an empty one."""
    return title[:_MAX_TITLE_CHARACTERS].rstrip() or None


def _from_html(html: str) -> ExtractedText:
    page = html_to_markdown(html)
    return ExtractedText(page.text, ContentType.MARKDOWN, shortened_title(page.title) or first_heading(page.text))


def _from_markdown(markdown: str) -> ExtractedText:
    text = cleaned_text(markdown)
    return ExtractedText(text, ContentType.MARKDOWN, shortened_title(front_matter_title(text)) or first_heading(text))
