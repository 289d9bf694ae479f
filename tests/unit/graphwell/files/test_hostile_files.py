"""Files made to do harm, or broken: each fails with its name, in bounded memory and time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphwell.adapters.files.archive import MAX_PART_BYTES
from graphwell.adapters.files.isolated_reader import IsolatedReader, ReadLimits, reader_environment
from graphwell.adapters.files.reader_process import outcome_of
from graphwell.domain.documents import MAX_TEXT_LENGTH
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import CSV, DOCX, EPUB, PDF, PPTX, XLSX, FileFault
from tests.fakes.sample_files import Line, archive, docx, docx_parts, epub, paragraph, pdf, pptx, shape, xlsx

BOMB_BYTES = 90_000_000
READER = IsolatedReader(ReadLimits(memory_bytes=512 * 1024**2, time_s=60))


def billion_laughs() -> str:
    """Return the declaration of an entity that grows to three gigabytes."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "laugh">{entities}]>'


def with_document(content: str) -> bytes:
    return archive(docx_parts("", **{"word/document.xml": content}))


def zip_bomb() -> bytes:
    return archive(docx_parts("", **{"word/document.xml": "<a>" + " " * BOMB_BYTES + "</a>"}))


def lying_bomb() -> bytes:
    """Return an archive whose directory says that its part is small."""
    honest = zip_bomb()
    return honest.replace((BOMB_BYTES + len("<a></a>")).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def overlapping_entries() -> bytes:
    """Return an archive of a thousand entries that share the bytes of one."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/a0.xml", "<a>" + "x" * 1_000_000 + "</a>")
        (first,) = packed.filelist
        for number in range(1, 1000):
            copy = zipfile.ZipInfo(f"word/a{number}.xml")
            for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset", "flag_bits"):
                setattr(copy, name, getattr(first, name))
            packed.filelist.append(copy)
            packed.NameToInfo[copy.filename] = copy
    return target.getvalue()


def nested_archives() -> bytes:
    """Return a document with archives within archives, as a quine's would be: none of them is opened."""
    inner = b"x" * 1_000_000
    for _ in range(5):
        inner = archive({f"{n}.zip": inner for n in range(10)})
    return archive({**docx_parts(paragraph("Harmless.")), "word/embeddings/inner.docx": inner})


def vast_sheet() -> bytes:
    """Return a workbook whose sheet says that it has 17 billion cells, and has one in each corner."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx({"S": [("first",)]}))) as source, zipfile.ZipFile(target, "w") as changed:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                corner = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>last</t></is></c></row></sheetData>'
                content = content.replace(b'ref="A1"', b'ref="A1:XFD1048576"').replace(b"</sheetData>", corner)
            changed.writestr(name, content)
    return target.getvalue()


def encrypted_office() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(100)


def encrypted_archive() -> bytes:
    """Return an archive whose first part says that it is under a password."""
    data = bytearray(docx(paragraph("x")))
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    return bytes(data)


RIGHTS = '<encryption><EncryptedData><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>\
</EncryptedData></encryption>'
CASES: list[tuple[str, Callable[[], bytes], str, FileFault]] = [
    ("an encrypted PDF", lambda: pdf([[Line("x")]], encrypted=True), PDF, FileFault.ENCRYPTED),
    ("an Office file under a password", encrypted_office, XLSX, FileFault.ENCRYPTED),
    ("an archive under a password", encrypted_archive, DOCX, FileFault.ENCRYPTED),
    ("a book under rights management", lambda: epub(["x"], **{"META-INF/encryption.xml": RIGHTS}), EPUB,
     FileFault.ENCRYPTED),
    ("a PDF of pictures", lambda: pdf([[], []]), PDF, FileFault.SCANNED),
    ("a PDF cut off", lambda: pdf([[Line("x")]])[:40], PDF, FileFault.CORRUPT),
    ("a Word document cut off", lambda: docx(paragraph("x"))[:-60], DOCX, FileFault.CORRUPT),
    ("a Word document without its text", lambda: archive({"a.xml": "<a/>"}), DOCX, FileFault.CORRUPT),
    ("a presentation without slides", lambda: archive({"a.xml": "<a/>"}), PPTX, FileFault.CORRUPT),
    ("a workbook without sheets", lambda: archive({"a.xml": "<a/>"}), XLSX, FileFault.CORRUPT),
    ("a book without a package", lambda: archive({"a.xml": "<a/>"}), EPUB, FileFault.CORRUPT),
    ("markup that is none", lambda: with_document("<a><b></a>"), DOCX, FileFault.CORRUPT),
    ("a picture called PDF", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), PDF, FileFault.MISLABELLED),
    ("a PDF called Word", lambda: pdf([[Line("x")]]), DOCX, FileFault.MISLABELLED),
    ("a workbook called text", lambda: xlsx({"S": [("x",)]}), "text/plain", FileFault.MISLABELLED),
    ("an old Word document", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), DOCX, FileFault.MISLABELLED),
    ("a program called Markdown", lambda: b"\x7fELF" + bytes(100), "text/markdown", FileFault.MISLABELLED),
    ("noise called CSV", lambda: bytes(range(32)) * 20, CSV, FileFault.MISLABELLED),
    ("a bomb", zip_bomb, DOCX, FileFault.ARCHIVE_BOMB),
    ("parts that share their bytes", overlapping_entries, DOCX, FileFault.ARCHIVE_BOMB),
    ("twenty thousand parts", lambda: archive({f"{n}.png": b"" for n in range(20_001)}), PPTX, FileFault.ARCHIVE_BOMB),
    ("a billion laughs", lambda: with_document(f"{billion_laughs()}<d>&l9;</d>"), DOCX, FileFault.UNSAFE_MARKUP),
    ("an entity that names a file",
     lambda: with_document('<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><d>&f;</d>'), DOCX,
     FileFault.UNSAFE_MARKUP),
    ("declarations in UTF-16",
     lambda: archive(docx_parts("", **{"word/a.xml": "<!DOCTYPE d><d/>".encode("utf-16")})), DOCX,  # type: ignore[arg-type]
     FileFault.UNSAFE_MARKUP),
    ("ten thousand levels", lambda: with_document("<a>" * 10_000 + "</a>" * 10_000), DOCX, FileFault.UNSAFE_MARKUP),
    ("nothing but formats", lambda: docx("<w:p/>"), DOCX, FileFault.EMPTY),
    ("empty slides", lambda: pptx([shape([])]), PPTX, FileFault.EMPTY),
    ("empty sheets", lambda: xlsx({"S": [(None, "")]}), XLSX, FileFault.EMPTY),
    ("separators alone", lambda: b",,\n,,\n", CSV, FileFault.EMPTY),
    ("too much text", lambda: b"word " * (MAX_TEXT_LENGTH // 5 + 1), "text/plain", FileFault.TOO_LARGE),
    ("too many values", lambda: b"1,2\n" * (MAX_TEXT_LENGTH // 3), CSV, FileFault.TOO_LARGE),
    ("another kind", lambda: b"{}", "application/json", FileFault.UNSUPPORTED),
]  # fmt: skip


@pytest.mark.parametrize(("make", "media_type", "fault"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_cannot_be_read_fails_with_its_name(make: Callable[[], bytes], media_type: str, fault: FileFault) -> None:
    outcome = outcome_of(make(), media_type)
    assert outcome.get("fault") == fault
    assert outcome["detail"].endswith(".")


def test_a_part_that_lies_about_its_size_is_not_unpacked_beyond_it() -> None:
    assert "fault" in outcome_of(lying_bomb(), DOCX)


def test_a_part_is_refused_by_what_the_directory_says_of_it() -> None:
    data = bytearray(docx(paragraph("x")))
    size = data.index(b"PK\x01\x02") + 24
    data[size : size + 4] = (MAX_PART_BYTES + 1).to_bytes(4, "little")
    assert outcome_of(bytes(data), DOCX)["fault"] == FileFault.ARCHIVE_BOMB


def test_archives_within_a_file_stay_closed() -> None:
    assert outcome_of(nested_archives(), DOCX)["text"]["text"] == "Harmless."


def test_a_sheet_is_as_large_as_its_cells_not_as_it_says() -> None:
    text = READER.extract(vast_sheet(), XLSX).text
    assert text == "## S\n\n| first |  |\n| --- | --- |\n|  | last |"


def test_a_reader_out_of_time_is_ended() -> None:
    with pytest.raises(UnreadableFile) as failure:
        IsolatedReader(ReadLimits(time_s=0.001)).extract(b"text", "text/plain")
    assert failure.value.reason == "timeout: Reading the file takes longer than 0.001 s; split it."


def test_a_reader_out_of_memory_is_ended() -> None:
    with pytest.raises(UnreadableFile) as failure:
        IsolatedReader(ReadLimits(memory_bytes=130 * 1024**2)).extract(b"word\n" * 9_000_000, "text/plain")
    assert failure.value.fault is FileFault.MEMORY


def test_faults_and_text_come_through_the_process_as_they_are() -> None:
    assert READER.extract(pdf([[Line("Page one.")], [Line("Page two.")]]), PDF).page_starts == (0, 11)
    with pytest.raises(UnreadableFile) as failure:
        READER.extract(pdf([[]]), PDF)
    assert failure.value.fault is FileFault.SCANNED


def test_a_parser_gets_no_secrets() -> None:
    assert set(reader_environment()) == {"PYTHONPATH", "PYTHONUTF8"}


SAMPLES = [
    (pdf([[Line("Some text on a page.")]]), PDF),
    (docx(paragraph("Some text.")), DOCX),
    (pptx([shape(["Some text."])]), PPTX),
    (xlsx({"S": [("Some", "text")]}), XLSX),
    (epub(["<p>Some text.</p>"]), EPUB),
]


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0, 1),
)
def test_damage_anywhere_gives_text_or_a_fault(
    sample: tuple[bytes, str], damage: list[tuple[float, bytes]], kept: float
) -> None:
    data = bytearray(sample[0])
    for place, noise in damage:
        start = int(place * len(data))
        data[start : start + len(noise)] = noise
    outcome = outcome_of(bytes(data[: int(kept * len(data)) or None]), sample[1])
    assert outcome["fault"] in set(FileFault) if "fault" in outcome else outcome["text"]["text"].strip()
