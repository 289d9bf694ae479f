"""From paths to documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.client.documents import OutcomeStatus
from devstack.client.file_reader import ReadFile, read_file, read_files
from devstack.client.source_files import FileKind, SourceFile, find_source_files
from devstack.client.text_repair import repair
from devstack.client.titles import title_of
from devstack.errors import UsageError
from graphwell.domain.text import accept_text


def write(path: Path, content: str | bytes = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path) -> ReadFile:
    return read_file(next(iter(find_source_files([path]))))


def test_folders_are_walked_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ["b.md", "a/z.txt", "a/.hidden.md", ".git/config.md", "c.HTML", "picture.png"]:
        write(tmp_path / name)
    found = list(find_source_files([tmp_path]))
    assert [(source.name, source.kind) for source in found] == [
        ("b.md", FileKind.MARKDOWN),
        ("c.HTML", FileKind.HTML),
        ("picture.png", FileKind.UNSUPPORTED),
        ("a/z.txt", FileKind.PLAIN),
    ]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.md")
    assert len(list(find_source_files([tmp_path, path, path]))) == 1


def test_links_that_lead_in_circles_end(tmp_path: Path) -> None:
    write(tmp_path / "docs" / "a.md")
    (tmp_path / "docs" / "again").symlink_to(tmp_path / "docs")
    (tmp_path / "docs" / "gone.md").symlink_to(tmp_path / "nowhere.md")
    assert [source.name for source in find_source_files([tmp_path / "docs"])] == ["a.md"]


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.md does not exist"):
        list(find_source_files([tmp_path / "nowhere.md"]))


def test_a_markdown_file_becomes_a_document(tmp_path: Path) -> None:
    write(tmp_path / "guide" / "first steps.md", "# First steps\n\nHello.\n")
    (contents,) = read_files(find_source_files([tmp_path]))
    (document,) = contents.documents
    assert document.as_json() == {
        "id": "guide:first@20steps.md",
        "title": "First steps",
        "text": "# First steps\n\nHello.\n",
        "content_type": "text/markdown",
        "source": "guide/first steps.md",
    }


@pytest.mark.parametrize(
    ("content", "text", "note"),
    [
        (b"plain \xc3\xa9", "plain é", None),
        (b"\xef\xbb\xbfwith mark", "with mark", None),
        (b"caf\xe9 \x93quoted\x94", "café “quoted”", "not UTF-8, read as Windows-1252"),
        ("utf sixteen".encode("utf-16"), "utf sixteen", "not UTF-8, read as UTF-16"),
        (b"undefined \x81 \xe9", "undefined   é", "not UTF-8, read as Latin-1; control characters replaced: 1"),
        (b"bell \x07 rings", "bell   rings", "control characters replaced: 1"),
    ],
)
def test_text_is_decoded_and_repaired_with_a_note(tmp_path: Path, content: bytes, text: str, note: str | None) -> None:
    contents = read(write(tmp_path / "a.txt", content))
    assert [document.text for document in contents.documents] == [text]
    assert contents.note == note


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "has no text"), (b" \n\t ", "has no text"), (b"PK\0\0", "NUL bytes"), (b"\xff\xfea", "UTF-16")],
)
def test_files_without_text_fail_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    contents = read(write(tmp_path / "a.txt", content))
    assert contents.documents == ()
    assert contents.outcomes[0].status is OutcomeStatus.FAILED
    assert reason in (contents.outcomes[0].reason or "")


def test_a_file_that_vanishes_fails_alone(tmp_path: Path) -> None:
    contents = read_file(SourceFile(tmp_path / "gone.md", "gone.md", FileKind.MARKDOWN, was_named=False))
    assert contents.outcomes[0].reason == "cannot be read: No such file or directory"


def test_unsupported_files_are_skipped_in_folders_and_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png")
    assert [contents.outcomes[0].status for contents in read_files(find_source_files([tmp_path]))] == ["skipped"]
    assert read(path).outcomes[0].status is OutcomeStatus.FAILED


def test_a_corpus_file_holds_many_documents(tmp_path: Path) -> None:
    lines = [{"id": "7", "title": "Seven", "text": "of nine"}, {"id": "a/b", "text": "odd"}, {"id": "8", "text": ""}]
    contents = read(write(tmp_path / "corpus.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n"))
    assert [(document.id, document.title) for document in contents.documents] == [("7", "Seven"), ("a:b", "a/b")]
    assert [(outcome.document_id, outcome.reason) for outcome in contents.outcomes] == [("8", "has no text")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "line 2: not valid JSON"),
        ("[1]", "line 2: not a JSON object"),
        ('{"text": "x"}', 'line 2: "id" must be a string'),
        ('{"id": "1", "text": "x"}', 'line 2: id "1" is on line 1 already'),
        ('{"id": "2", "text": ["x"]}', 'line 2: "text" must be a string'),
    ],
)
def test_broken_corpus_lines_are_named(tmp_path: Path, line: str, reason: str) -> None:
    contents = read(write(tmp_path / "corpus.jsonl", f'{{"id": "1", "text": "x"}}\n{line}\n'))
    assert reason in (contents.outcomes[0].reason or "")


def test_a_second_document_of_the_same_id_does_not_replace_the_first(tmp_path: Path) -> None:
    roots = [tmp_path / "one", tmp_path / "two"]
    for root in roots:
        write(root / "index.md", root.name)
    first, second = read_files(find_source_files(roots))
    assert first.documents[0].text == "one"
    assert second.documents == ()
    assert "has the same id, index.md" in (second.outcomes[0].reason or "")


@pytest.mark.parametrize(
    ("text", "kind", "title"),
    [
        ("# Plain\n", FileKind.MARKDOWN, "Plain"),
        ("intro\n\nSetext *style*\n=====\n", FileKind.MARKDOWN, "Setext style"),
        ("```\n# not this\n```\n\n## `code` and [link](x)\n", FileKind.MARKDOWN, "code and link"),
        ("# With attributes { #anchor }\n", FileKind.MARKDOWN, "With attributes"),
        ("# A {braced} word\n", FileKind.MARKDOWN, "A {braced} word"),
        ("---\ntitle: 'From front matter'\nx: 1\n---\n# Heading\n", FileKind.MARKDOWN, "From front matter"),
        ("---\nx: 1\n---\n# Heading\n", FileKind.MARKDOWN, "Heading"),
        ("no heading at all", FileKind.MARKDOWN, "page"),
        ("#\n\ntext", FileKind.MARKDOWN, "page"),
        ("<svg><title>icon</title></svg><title> A &amp;\n B </title>", FileKind.HTML, "A & B"),
        ("<p>untitled</p>", FileKind.HTML, "page"),
        ("<![endif]><![foo[ x ]]><title>Sections</title>", FileKind.HTML, "Sections"),
        ("<![ x ><title>Sections</title>", FileKind.HTML, "Sections"),
        ("# Not a heading in text", FileKind.PLAIN, "page"),
        (f"# {'x' * 999}\n", FileKind.MARKDOWN, "x" * 300),
    ],
)
def test_titles(text: str, kind: FileKind, title: str) -> None:
    assert title_of(text, kind, "folder/page.md") == title


@given(st.text(alphabet=st.characters(), max_size=50))
def test_repaired_text_is_accepted_and_keeps_its_length(text: str) -> None:
    repaired = repair(text)
    assert len(repaired.text) == len(text)
    accept_text(f"x{repaired.text}", "text", max_length=100)
    assert repair(repaired.text).replaced == 0


@pytest.mark.parametrize("page", ["<title>Menu</title><![consent_control]>", '<title>Menu</title><![\n<a b="'])
def test_markup_that_no_parser_takes_keeps_the_title_that_came_before_it(page: str) -> None:
    assert title_of(page, FileKind.HTML, "a.html") == "Menu"


def test_a_line_that_is_nested_too_deeply_is_named(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"id": "1", "text": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    (contents,) = read_files(find_source_files([tmp_path]))
    assert "corpus.jsonl, line 1: not valid JSON" in str(contents.outcomes[0].reason)
