"""Small files of every kind, written from nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook

_MAIN = "http://schemas.openxmlformats.org"
_RELATIONS = f"{_MAIN}/package/2006/relationships"
_OFFICE = f"{_MAIN}/officeDocument/2006/relationships"


@dataclass(frozen=True)
class Line:
    """A line of a PDF page; lengths are points from its lower left corner."""

    text: str
    x: float = 72
    y: float = 700
    size: float = 11
    bold: bool = False


def pdf(pages: Sequence[Sequence[Line]], *, encrypted: bool = False, title: str = "") -> bytes:
    """Return a PDF of text; an encrypted one opens with no password."""
    objects: list[bytes] = [b"", b""]
    kids = []
    for lines in pages:
        drawn = "\n".join(_draw(line) for line in lines).encode("cp1252")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
        kids.append(f"{len(objects) + 1} 0 R")
        fonts = " ".join(
            f"/F{place} << /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
            for place, name in enumerate(("Helvetica", "Helvetica-Bold"))
        )
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R"
            f" /Resources << /Font << {fonts} >> >> >>".encode()
        )
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    objects.append(f"<< /Title ({title}) >>".encode())
    trailer = f"/Root 1 0 R /Info {len(objects)} 0 R /Size {len(objects) + 1}"
    if encrypted:
        key = "00" * 32
        trailer += f" /ID [<{key}> <{key}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{key}> /U <{key}> >>"
    body = io.BytesIO(b"")
    body.write(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(body.tell())
        body.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = body.tell()
    body.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    body.writelines(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    body.write(f"trailer\n<< {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode())
    return body.getvalue()


def _draw(line: Line) -> str:
    text = line.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F{int(line.bold)} {line.size} Tf {line.x} {line.y} Td ({text}) Tj ET"


def archive(parts: Mapping[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return target.getvalue()


def relations(entries: Iterable[tuple[str, str, str]]) -> str:
    """Return a part of relations: (id, last word of the type, target)."""
    listed = "".join(
        f'<Relationship Id="{identifier}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for identifier, kind, target in entries
    )
    return f'<Relationships xmlns="{_RELATIONS}">{listed}</Relationships>'


def paragraph(text: str, *, style: str = "", level: int | None = None) -> str:
    """Return a paragraph of a Word document; with a level it is an item of a list."""
    numbering = "" if level is None else f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>'
    look = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{look}{numbering}</w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def docx_parts(body: str, **more: str) -> dict[str, str | bytes]:
    """Return the parts of a Word document around its body."""
    word = f"{_MAIN}/wordprocessingml/2006/main"
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="H{level}"><w:name w:val="heading {level}"/></w:style>'
        for level in (1, 2)
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_MAIN}/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": relations([("rId1", "officeDocument", "word/document.xml")]),
        "word/_rels/document.xml.rels": relations([("rId1", "styles", "styles.xml"), ("rId2", "numbering", "n.xml")]),
        "word/styles.xml": f'<w:styles xmlns:w="{word}">{styles}</w:styles>',
        "word/n.xml": f'<w:numbering xmlns:w="{word}"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
        '<w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        "</w:numbering>",
        "word/document.xml": f'<w:document xmlns:w="{word}" xmlns:m="{_MAIN}/officeDocument/2006/math">'
        f"<w:body>{body}</w:body></w:document>",
        **more,
    }


def docx(body: str) -> bytes:
    """Return a Word document."""
    return archive(docx_parts(body))


def pptx(slides: Sequence[str], *, notes: str = "", chart: str = "") -> bytes:
    """Return a presentation of slides, each the XML of its shapes; the notes and the chart are the first slide's."""
    names = f'xmlns:a="{_MAIN}/drawingml/2006/main" xmlns:p="{_MAIN}/presentationml/2006/main" xmlns:r="{_OFFICE}"'
    listed = "".join(f'<p:sldId id="{256 + place}" r:id="rId{place}"/>' for place in range(len(slides)))
    parts: dict[str, str | bytes] = {
        "ppt/presentation.xml": f"<p:presentation {names}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            (f"rId{place}", "slide", f"slides/slide{place}.xml") for place in range(len(slides))
        ),
    }
    for place, shapes in enumerate(slides):
        hidden = ' show="0"' if shapes.startswith("<hidden/>") else ""
        content = shapes.removeprefix("<hidden/>")
        parts[f"ppt/slides/slide{place}.xml"] = f"<p:sld {names}{hidden}><p:spTree>{content}</p:spTree></p:sld>"
    beside = [("rId1", "notesSlide", "../notes/n.xml"), ("rId2", "chart", "../charts/c.xml")]
    parts["ppt/slides/_rels/slide0.xml.rels"] = relations(beside)
    if chart:
        parts["ppt/charts/c.xml"] = chart
    if notes:
        parts["ppt/notes/n.xml"] = f"<p:notes {names}>{shape([notes])}</p:notes>"
    return archive(parts)


def shape(paragraphs: Sequence[str], *, placeholder: str | None = None) -> str:
    """Return a shape with text; a placeholder says what it is for."""
    kind = f'<p:nvSpPr><p:nvPr><p:ph type="{placeholder}"/></p:nvPr></p:nvSpPr>' if placeholder else ""
    lines = "".join(f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p>" for text in paragraphs)
    return f"<p:sp>{kind}<p:txBody>{lines}</p:txBody></p:sp>"


def xlsx(sheets: Mapping[str, Sequence[Sequence[Any]]], *, hidden: Sequence[str] = ()) -> bytes:
    """Return a workbook."""
    book = Workbook()
    for sheet in list(book.worksheets):
        book.remove(sheet)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def epub(chapters: Sequence[str], *, title: str = "A book", **more: str) -> bytes:
    """Return an e-book; its chapters are the bodies of pages."""
    items = "".join(
        f'<item id="c{place}" href="text/c%20{place}.xhtml" media-type="application/xhtml+xml"/>'
        for place in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{place}"/>' for place in range(len(chapters)))
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
            "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata>'
            f'<title xmlns="http://purl.org/dc/elements/1.1/">{escape(title)}</title></metadata>'
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{
                f"OEBPS/text/c {place}.xhtml": f'<?xml version="1.0"?><!DOCTYPE html><html><body>{body}</body></html>'
                for place, body in enumerate(chapters)
            },
            **more,
        }
    )
