"""What comes out of files of each kind."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.adapters.files.file_text_extractor import FileTextExtractor
from graphwell.adapters.files.text_assembly import assembled, markdown_table
from graphwell.domain.cleaning import cleaned_text
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import CSV, DOCX, EPUB, PDF, PPTX, XLSX
from graphwell.ports import ExtractedText
from tests.fakes.sample_files import Line, docx, epub, paragraph, pdf, pptx, shape, xlsx

HALF_PAST_EIGHT = datetime(2026, 3, 1, 8, 30)  # noqa: DTZ001  (Excel knows no time zones)


def extract(data: bytes, media_type: str) -> ExtractedText:
    return FileTextExtractor().extract(data, media_type)


def text_of(data: bytes, media_type: str) -> str:
    return extract(data, media_type).text


class TestPdf:
    """Printed pages."""

    def test_pages_start_where_their_text_does(self) -> None:
        found = extract(pdf([[Line("First page.")], [], [Line("Third page.")]]), PDF)
        assert found.text == "First page.\n\nThird page."
        assert found.page_starts == (0, 13, 13)

    def test_larger_lines_are_headings_by_size(self) -> None:
        page = [
            Line("Annual report", y=720, size=24),
            Line("Profit", y=680, size=16),
            Line("Profit grew by a tenth, most of it at home and in the last quarter.", y=660),
            Line("Outlook", y=620, size=16),
            Line("We expect the same of the coming year, whatever prices do.", y=600),
        ]
        found = extract(pdf([page]), PDF)
        assert found.text.startswith("# Annual report\n\n## Profit\n\nProfit grew")
        assert "\n\n## Outlook\n\nWe expect" in found.text
        assert found.title == "Annual report"

    def test_a_bold_line_of_its_own_is_a_heading(self) -> None:
        page = [
            Line("Scope", y=700, bold=True),
            Line("This document holds for every boiler of the house.", y=680),
            Line("It is reviewed once a year.", y=666),
        ]
        text = "# Scope\n\nThis document holds for every boiler of the house.\nIt is reviewed once a year."
        assert text_of(pdf([page]), PDF) == text

    def test_a_lined_up_row_after_another_is_a_table(self) -> None:
        rows = [("Part", "Hours", "Cost"), ("Hood", "2", "300"), ("Door", "", "45")]
        page = [
            Line(cell, x=72 + 150 * column, y=700 - 20 * row)
            for row, cells in enumerate(rows)
            for column, cell in enumerate(cells)
            if cell
        ]
        expected = "| Part | Hours | Cost |\n| --- | --- | --- |\n| Hood | 2 | 300 |\n| Door |  | 45 |"
        assert text_of(pdf([page]), PDF) == expected

    def test_lines_come_from_top_to_bottom_whatever_the_file_says(self) -> None:
        page = [Line("Second, lower on the page.", y=600), Line("First, higher on the page.", y=700)]
        assert text_of(pdf([page]), PDF) == "First, higher on the page.\n\nSecond, lower on the page."

    def test_columns_of_prose_are_read_one_after_the_other(self) -> None:
        column = [f"This is line {number} of a column of prose." for number in range(8)]
        page = [
            Line(f"{side} {text}", x, 700 - 13 * row, 9)
            for side, x in (("L", 60), ("R", 320))
            for row, text in enumerate(column)
        ]
        lines = [line for line in text_of(pdf([page]), PDF).splitlines() if line]
        assert [line[0] for line in lines] == ["L"] * 8 + ["R"] * 8

    def test_list_items_keep_their_marks(self) -> None:
        page = [Line("\u2022", y=700), Line("Close the valve.", x=90, y=700), Line("\u2022 Call us.", y=686)]
        assert text_of(pdf([page]), PDF) == "- Close the valve.\n- Call us."

    @pytest.mark.parametrize(("title", "kept"), [("Boiler guide", "Boiler guide"), ("draft7.docx", None)])
    def test_the_title_is_the_files_own_unless_a_program_made_it_up(self, title: str, kept: str | None) -> None:
        assert extract(pdf([[Line("Text.")]], title=title), PDF).title == kept

    def test_bytes_before_the_mark_do_no_harm(self) -> None:
        assert text_of(b"\n\n" + pdf([[Line("Text.")]]), PDF) == "Text."

    def test_a_text_about_pdf_is_no_pdf(self) -> None:
        assert text_of(b"# The format\n\nIt begins with %PDF-1.7.", "text/markdown").endswith("%PDF-1.7.")


class TestWord:
    """Word documents."""

    def test_headings_lists_and_tables_are_kept(self) -> None:
        table = "<w:tbl>" + "".join(
            f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
            for row in (("Part", "Cost"), ("Hood", "300"))
        )
        body = (
            paragraph("Guide", style="H1")
            + paragraph("Tools", style="H2")
            + paragraph("A wrench", level=0)
            + paragraph("A lamp", level=0)
            + f"{table}</w:tbl>"
        )
        found = extract(docx(body), DOCX)
        assert found.text == (
            "# Guide\n\n## Tools\n\n- A wrench\n- A lamp\n\n| Part | Cost |\n| --- | --- |\n| Hood | 300 |"
        )
        assert (found.title, found.page_starts) == ("Guide", ())

    def test_formulas_are_text(self) -> None:
        formula = "<m:oMath><m:r><m:t>E</m:t></m:r><m:r><m:t>=mc2</m:t></m:r></m:oMath>"
        body = f"<w:p><w:r><w:t>Energy</w:t></w:r><m:oMathPara>{formula}</m:oMathPara></w:p><w:p>{formula}</w:p>"
        assert text_of(docx(body), DOCX) == "Energy E=mc2\n\nE=mc2"

    def test_deleted_text_is_gone(self) -> None:
        body = "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:t>new</w:t></w:r></w:p>"
        assert text_of(docx(body), DOCX) == "new"


class TestPresentations:
    """PowerPoint presentations."""

    def test_a_slide_is_a_page(self) -> None:
        slides = [
            shape(["Results"], placeholder="title") + shape(["Sales grew", "Costs fell"], placeholder="body"),
            "<hidden/>" + shape(["A secret"]),
            shape(["Thanks"], placeholder="ctrTitle"),
        ]
        found = extract(pptx(slides, notes="Say hello first."), PPTX)
        assert found.text == "# Results\n\n- Sales grew\n- Costs fell\n\nSay hello first.\n\n# Thanks"
        starts = found.page_starts
        assert [found.text[start:].split("\n")[0] for start in (starts[0], starts[2])] == ["# Results", "# Thanks"]
        assert starts[1] == starts[2]

    def test_tables_and_the_words_for_pictures_are_kept(self) -> None:
        cells = "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>" for text in "AB")
        frame = f"<p:graphicFrame><a:tbl><a:tr>{cells}</a:tr><a:tr>{cells}</a:tr></a:tbl></p:graphicFrame>"
        picture = '<p:pic><p:nvPicPr><p:cNvPr id="1" descr="A boiler"/></p:nvPicPr></p:pic>'
        assert text_of(pptx([frame + picture]), PPTX) == "| A | B |\n| --- | --- |\n| A | B |\n\nA boiler"

    def test_what_stands_there_twice_for_older_programs_is_read_once(self) -> None:
        one = shape(["One"])
        twice = f"<mc:A xmlns:mc='m'><mc:Choice>{one}</mc:Choice><mc:Fallback>{one}</mc:Fallback></mc:A>"
        assert text_of(pptx([twice]), PPTX) == "One"

    def test_charts_are_the_tables_that_they_draw(self) -> None:
        chart = (
            '<c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart><c:title><a:t>Sales</a:t></c:title><c:plotArea>'
            "<c:ser><c:tx><c:v>North</c:v></c:tx><c:cat><c:v>May</c:v><c:v>June</c:v></c:cat>"
            "<c:val><c:v>3</c:v><c:v>4</c:v></c:val></c:ser></c:plotArea></c:chart></c:chartSpace>"
        )
        expected = "# Title\n\nSales\n\n|  | North |\n| --- | --- |\n| May | 3 |\n| June | 4 |"
        assert text_of(pptx([shape(["Title"], placeholder="title")], chart=chart), PPTX) == expected


class TestWorkbooks:
    """Excel workbooks."""

    def test_each_visible_sheet_is_a_table_under_its_name(self) -> None:
        sheets: dict[str, list[tuple[Any, ...]]] = {
            "Prices": [("Part", "Cost"), ("Hood", 300), (None, None), ("Door", 45.5)],
            "Dates": [("Day", "Done"), (date(2026, 3, 1), True), (HALF_PAST_EIGHT, False)],
            "Salaries": [("secret",)],
        }
        assert text_of(xlsx(sheets, hidden=["Salaries"]), XLSX) == (
            "## Prices\n\n| Part | Cost |\n| --- | --- |\n| Hood | 300 |\n| Door | 45.5 |\n\n"
            "## Dates\n\n| Day | Done |\n| --- | --- |\n| 2026-03-01 | TRUE |\n| 2026-03-01 08:30:00 | FALSE |"
        )


class TestBooks:
    """E-books."""

    def test_chapters_come_in_reading_order(self) -> None:
        found = extract(epub(["<h1>One</h1><p>It began.</p>", "<h1>Two</h1><ul><li>It went on.</li></ul>"]), EPUB)
        assert found.text == "# One\n\nIt began.\n\n# Two\n\n- It went on."
        assert found.title == "A book"


class TestValues:
    """CSV."""

    @pytest.mark.parametrize(
        "data",
        [
            b'Part,Cost\r\nHood,"3|0"\r\n',
            b"\xef\xbb\xbfPart;Cost\nHood;3|0\n\n",
            b"Part\tCost\nHood\t3|0\n",
            "Part,Cost\nHood,3|0\n".encode("utf-16"),
        ],
    )
    def test_rows_are_a_table_whatever_parts_them(self, data: bytes) -> None:
        assert text_of(data, CSV) == "| Part | Cost |\n| --- | --- |\n| Hood | 3\\|0 |"

    def test_another_character_set_is_found(self) -> None:
        assert "| 佐藤太郎 | 30 |" in text_of("名前,年齢\r\n佐藤太郎,30\r\n".encode("cp932"), CSV)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_pages_are_found_again_where_they_start(pages: list[str]) -> None:
    try:
        found = assembled(pages, title=None, are_pages=True)
    except UnreadableFile:
        assert not any(cleaned_text(page).strip() for page in pages)
        return
    assert len(found.page_starts) == len(pages)
    for page, (start, end) in zip(pages, pairwise((*found.page_starts, len(found.text))), strict=True):
        assert found.text[start:end].strip() == cleaned_text(page).strip()


@given(st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=5))
def test_a_table_is_as_wide_in_every_row(rows: list[list[str]]) -> None:
    lines = markdown_table(rows).splitlines()
    assert len({line.replace("\\|", "").count("|") for line in lines}) <= 1
    assert not lines or len(lines) == len(rows) + 1
