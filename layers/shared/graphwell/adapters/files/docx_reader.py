"""Word documents, by mammoth, which makes HTML of their styles, lists, tables and notes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, tostring

import mammoth

from graphwell.adapters.files.archive import Archive
from graphwell.adapters.files.core_properties import title_of
from graphwell.adapters.files.safe_xml import descendants, local_name, parse_xml
from graphwell.adapters.files.text_assembly import assembled
from graphwell.adapters.html_to_markdown import html_to_markdown
from graphwell.ports import ExtractedText

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MATH = ("oMath", "oMathPara")


def read_docx(data: bytes) -> ExtractedText:
    """Return the text of a Word document: headings, lists, tables, notes, the alternative text of pictures, formulas.

    What was deleted under tracked changes and comments are left out. Word files carry no page numbers.

    Raises:
        UnreadableFile: see `Archive`, or there is no text in it.
    """
    archive = Archive(data)
    html = mammoth.convert_to_html(
        _checked_copy(archive), convert_image=mammoth.images.img_element(lambda _: {"src": ""})
    ).value
    return assembled([html_to_markdown(html).text], title=title_of(archive))


def _checked_copy(archive: Archive) -> io.BytesIO:
    """Return the XML parts of a document as an archive, their formulas turned into text, which mammoth passes over."""
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as target:
        for name in archive.names:
            if name.endswith((".xml", ".rels")):
                part = archive.read(name)
                target.writestr(name, _with_plain_formulas(part) if name.startswith("word/") else part)
    copy.seek(0)
    return copy


def _with_plain_formulas(part: bytes) -> bytes:
    root = parse_xml(part)
    formulas = list(_outermost_formulas(root))
    if not formulas:
        return part
    for parent, place, formula in formulas:
        run = Element(f"{{{_WORD}}}r")
        text = SubElement(run, f"{{{_WORD}}}t", {"{http://www.w3.org/XML/1998/namespace}space": "preserve"})
        text.text = f" {''.join(piece.text or '' for piece in descendants(formula, 't'))} "
        parent[place] = run
    return tostring(root)


def _outermost_formulas(root: Element) -> Iterator[tuple[Element, int, Element]]:
    for parent in root.iter():
        if local_name(parent) not in _MATH:
            yield from ((parent, place, child) for place, child in enumerate(parent) if local_name(child) in _MATH)
