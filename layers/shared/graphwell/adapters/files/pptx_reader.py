"""PowerPoint presentations, read from their XML: python-pptx brings 35 MB of lxml, Pillow and XlsxWriter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from graphwell.adapters.files.archive import Archive
from graphwell.adapters.files.core_properties import title_of
from graphwell.adapters.files.pptx_charts import chart_markdown
from graphwell.adapters.files.relations import Relation, relations_of
from graphwell.adapters.files.safe_xml import attribute, children, descendants, local_name, parse_xml
from graphwell.adapters.files.text_assembly import assembled, markdown_table
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault
from graphwell.ports import ExtractedText

_PRESENTATION = "ppt/presentation.xml"
_TITLES = frozenset({"title", "ctrTitle"})
_OF_THE_LAYOUT = frozenset({"sldNum", "dt", "ftr"})
_LISTS = frozenset({"body", "obj", None})
"""Placeholders whose paragraphs are list items; None is the one that says no type."""
_BESIDE = ("chart", "diagramData", "notesSlide")


def read_pptx(data: bytes) -> ExtractedText:
    """Return the text of a presentation, a page a slide: titles as headings, lists, tables, charts, notes.

    Hidden slides count as pages and have no text.

    Raises:
        UnreadableFile: see `Archive`, or there is no text in it.
    """
    archive = Archive(data)
    return assembled(_slides(archive), title=title_of(archive), are_pages=True)


def _slides(archive: Archive) -> Iterator[str]:
    parts = relations_of(archive, _PRESENTATION)
    for entry in descendants(parse_xml(archive.read(_PRESENTATION)), "sldId"):
        relation = parts.get(next((v for k, v in entry.attrib.items() if k.endswith("}id")), ""))
        if relation is None:
            raise UnreadableFile(FileFault.CORRUPT, "The presentation names a slide that it lacks; save it anew.")
        slide = _without_fallbacks(parse_xml(archive.read(relation.target)))
        if slide.get("show") in {"0", "false"}:
            yield ""
            continue
        related = relations_of(archive, relation.target)
        yield "\n\n".join(filter(None, [*_blocks(slide), *_beside(archive, related.values())]))


def _without_fallbacks(slide: Element) -> Element:
    """Return a slide without what only older programs show: it says again what stands beside it."""
    for parent in list(slide.iter()):
        for fallback in list(children(parent, "Fallback")):
            parent.remove(fallback)
    return slide


def _blocks(slide: Element) -> Iterator[str]:
    for shape in descendants(slide, "sp", "tbl", "pic"):
        match local_name(shape):
            case "sp":
                yield _text_of(shape)
            case "tbl":
                yield markdown_table([[_words(cell) for cell in children(row, "tc")] for row in children(shape, "tr")])
            case _:
                yield next((attribute(named, "descr") or "" for named in descendants(shape, "cNvPr")), "")


def _beside(archive: Archive, related: Iterable[Relation]) -> Iterator[str]:
    """Yield the charts, the texts of diagrams and the notes of a slide, which are parts of their own."""
    for relation in sorted(related, key=lambda relation: relation.kind):
        if relation.kind not in _BESIDE or relation.target not in archive:
            continue
        part = parse_xml(archive.read(relation.target))
        match relation.kind:
            case "chart":
                yield chart_markdown(part)
            case "diagramData":
                yield "\n".join(filter(None, (f"- {_words(body)}" for body in descendants(part, "pt") if _words(body))))
            case _:
                yield "\n\n".join(filter(None, map(_text_of, descendants(part, "sp"))))


def _text_of(shape: Element) -> str:
    """Return the text of a shape: a heading, list items or paragraphs, by the kind of its placeholder."""
    placeholder = next(descendants(shape, "ph"), None)
    kind = placeholder.get("type") if placeholder is not None else "none"
    paragraphs = [paragraph for body in children(shape, "txBody") for paragraph in children(body, "p")]
    if kind in _OF_THE_LAYOUT:
        return ""
    if kind in _TITLES:
        title = " ".join(" ".join(map(_words, paragraphs)).split())
        return f"# {title}" if title else ""
    lines = [(_level(paragraph), _words(paragraph)) for paragraph in paragraphs]
    filled = [(level, words) for level, words in lines if words]
    if kind in _LISTS and len(filled) > 1:
        return "\n".join(f"{'  ' * level}- {words}" for level, words in filled)
    return "\n\n".join(words for _, words in filled)


def _level(paragraph: Element) -> int:
    properties = next(children(paragraph, "pPr"), None)
    level = properties.get("lvl", "0") if properties is not None else "0"
    return min(int(level), 8) if level.isdecimal() else 0


def _words(element: Element) -> str:
    """Return the text of runs, fields and formulas, a space for a line break."""
    found = descendants(element, "t", "br")
    return "".join(" " if local_name(piece) == "br" else piece.text or "" for piece in found).strip()
