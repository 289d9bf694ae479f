"""Text out of HTML, Markdown and plain text files."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphwell.adapters.markup_text_extractor import MarkupTextExtractor
from graphwell.domain.documents import ContentType
from graphwell.domain.errors import UnusableDocument
from graphwell.ports import ExtractedText

PAGE = """<!doctype html>
<html><head><title>Tides &amp; ships</title><style>p {color: red}</style></head>
<body><nav><a href="/">Home</a></nav>
<h1>The <em>tide</em></h1>
<p>It rises   twice a day, see <a href="https://example.test/table">the table</a> of snake_case * names.
<p>Next paragraph<br>after a break.
<ul><li>One<li>Two<ul><li>Deep</ul></ul>
<ol start="3"><li>Third<li>Fourth</ol>
<table><tr><th>Port<th>Depth<tr><td>North<td>12 m</table>
<pre><code class="language-python">def depth(x):
    return x &lt; 12
</code></pre>
<!-- a comment --><script>var x = "</p>";</script><noscript>Enable it</noscript>
<p hidden>Hidden words</p><blockquote>Quoted</blockquote><svg><title>Icon</title></svg>
</body></html>"""


def extract(data: str | bytes, media_type: str = "text/html") -> ExtractedText:
    return MarkupTextExtractor().extract(data.encode() if isinstance(data, str) else data, media_type)


def test_html_becomes_markdown_that_keeps_its_structure() -> None:
    extracted = extract(PAGE)

    assert extracted.content_type is ContentType.MARKDOWN
    assert extracted.title == "Tides & ships"
    for part in (
        "# The tide\n",
        "It rises twice a day, see the table of snake_case * names.",
        "- One\n- Two\n  - Deep\n",
        "3. Third\n4. Fourth\n",
        "| Port | Depth |\n| --- | --- |\n| North | 12 m |",
        "```python\ndef depth(x):\n    return x < 12\n```",
        "> Quoted",
    ):
        assert part in extracted.text


@pytest.mark.parametrize("gone", ["color", "Home", "comment", "var x", "Enable it", "Hidden", "Icon", "Tides &"])
def test_what_is_not_the_text_of_a_page_goes(gone: str) -> None:
    assert gone not in extract(PAGE).text


def test_a_page_without_a_title_is_named_by_its_first_heading() -> None:
    assert extract("<h2>Part</h2><h1>The <b>name</b></h1><p>x").title == "The name"


def test_a_page_whose_head_is_never_closed_keeps_its_text() -> None:
    extracted = extract("<head><title>T</title><p>Words</p>")

    assert (extracted.title, extracted.text) == ("T", "Words")


@pytest.mark.parametrize("tag", ["div", "span", "ul><li", "table><tr><td", "blockquote", "b><p", "ol"])
@pytest.mark.parametrize("closed", [True, False])
def test_nesting_of_any_depth_is_read(tag: str, closed: bool) -> None:
    ends = "".join(f"</{name}>" for name in reversed(tag.split("><")))
    html = f"<{tag}>" * 10_000 + "Words" + (ends * 10_000 if closed else "")

    text = extract(html).text

    assert "Words" in text
    assert len(text) < 10_000


@pytest.mark.parametrize(
    "unit", ["<a ", "<a", "<!--", "<![CDATA[", "<p a='", "</a", "&#x", "<", "<font a=1><p>", "<ol><li>", "<script>"]
)
def test_malformed_html_takes_linear_time(unit: str) -> None:
    """html.parser of Python 3.13.0 needs hours for the first of these."""
    html = "<p>Words</p>" + unit * 100_000

    assert "Words" in extract(html).text


@pytest.mark.parametrize("space", [" ", "\n", " \n"])
def test_white_space_in_code_takes_linear_time(space: str) -> None:
    """markdownify's stripping of `pre` takes a minute for as much of the first two."""
    text = extract(f"<pre>{space * 100}\n  a{space * 200_000}b{space * 100}</pre>").text

    assert text.startswith("```\n  a")
    assert text.endswith("b\n```")


@given(st.text(alphabet=st.sampled_from("<>/!-='\"& abpdivltscriptolheadtitle#;x\n"), max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_markup_gives_text_or_a_reason(html: str) -> None:
    try:
        extracted = extract(html)
    except UnusableDocument:
        return
    assert extracted.text.strip()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("<p>café</p>".encode(), "café"),
        ('<meta charset="iso-8859-1"><p>café</p>'.encode("latin-1"), "café"),
        ("<p>un café déjà vu, plus des mots</p>".encode("cp1252"), "déjà"),
        ('<meta http-equiv="x" content="text/html; charset=Shift_JIS"><p>東京</p>'.encode("shift_jis"), "東京"),
        ("<p>名前,年齢,住所</p>".encode("shift_jis"), "住所"),
        ("<p>Это обычный русский текст.</p>".encode("cp1251"), "русский"),
        ("<p>wide</p>".encode("utf-16"), "wide"),
        ("<p>wider</p>".encode("utf-32"), "wider"),
        (b"\xef\xbb\xbf<p>marked</p>", "marked"),
        (b'<meta charset="no-such-set"><p>plain</p>', "plain"),
        (b'<meta charset="hex"><p>plain</p>', "plain"),
        (b'<meta charset="utf-16"><p>plain</p>', "plain"),
    ],
)
def test_the_character_set_is_found(data: bytes, words: str) -> None:
    assert words in extract(data).text


def test_markdown_keeps_its_text_and_gives_its_title() -> None:
    extracted = extract("# The `title` { #anchor }\r\n\r\nWords\r\n", "text/markdown")

    assert extracted == ExtractedText("# The `title` { #anchor }\n\nWords\n", ContentType.MARKDOWN, "The title")


def test_front_matter_names_a_markdown_file() -> None:
    assert extract("---\ntitle: 'From the front'\n---\n# Other\n", "text/markdown").title == "From the front"


def test_text_is_cleaned_and_normalised() -> None:
    extracted = extract("\ufeffe\u0301\x07\r\nnext\x1b[0m\r", "text/plain")

    assert extracted.text == "\u00e9\nnext[0m\n"
    assert (extracted.content_type, extracted.title) == (ContentType.PLAIN, None)


def test_a_letter_under_countless_marks_takes_linear_time() -> None:
    text = extract("a" + "\u0301\u0316" * 500_000, "text/plain").text

    assert len(text) <= 31


@pytest.mark.parametrize(
    ("data", "media_type", "reason"),
    [
        (b"", "text/plain", "no text"),
        (b" \n\t\r\n", "text/markdown", "no text"),
        (b"<html><head><title>T</title></head><body><script>1</script></body></html>", "text/html", "no text"),
        (b"text\0with\0nuls\0" * 20, "text/plain", "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x08\x06", "text/html", "binary"),
        (bytes(range(128, 256)), "text/plain", "UTF-8"),
        (b"x", "application/pdf", "not supported"),
    ],
)
def test_a_file_without_usable_text_is_refused_with_the_reason(data: bytes, media_type: str, reason: str) -> None:
    with pytest.raises(UnusableDocument, match=reason):
        extract(data, media_type)


def test_the_recursion_limit_is_left_as_it_is() -> None:
    before = sys.getrecursionlimit()

    extract("<div>" * 10_000 + "x")

    assert sys.getrecursionlimit() == before
