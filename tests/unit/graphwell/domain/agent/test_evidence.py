"""The passages of a run: each once, in a fair order, and of one version of a document."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.agent.evidence import Evidence
from graphwell.domain.passages import Passage

CHUNKS = st.builds(
    lambda document, version, ordinal: f"d{document}~{version}~{ordinal}",
    st.integers(0, 3),
    st.integers(1, 3),
    st.integers(0, 3),
)
STEPS = st.lists(st.lists(CHUNKS, max_size=6, unique=True), max_size=6)


def passage(chunk_id: str) -> Passage:
    return Passage(chunk_id.split("~", maxsplit=1)[0], chunk_id, "Title", chunk_id, 0, len(chunk_id), 0.0)


def gathered(*steps: list[str]) -> Evidence:
    evidence = Evidence()
    for step in steps:
        evidence.add([passage(chunk_id) for chunk_id in step])
    return evidence


def ids(evidence: Evidence) -> list[str]:
    return [each.chunk_id for each in evidence.ranked()]


def test_the_best_of_every_step_come_first() -> None:
    evidence = gathered(["a~1~0", "b~1~0", "c~1~0"], ["d~1~0", "e~1~0"])
    assert ids(evidence) == ["a~1~0", "d~1~0", "b~1~0", "e~1~0", "c~1~0"]


def test_a_passage_counts_by_its_best_place() -> None:
    assert ids(gathered(["a~1~0", "b~1~0", "c~1~0"], ["c~1~0"])) == ["a~1~0", "c~1~0", "b~1~0"]


def test_what_was_seen_before_is_not_new() -> None:
    evidence = gathered(["a~1~0", "b~1~0"])
    assert [each.chunk_id for each in evidence.add([passage("b~1~0"), passage("c~1~0")])] == ["c~1~0"]


def test_a_newer_version_takes_the_place_of_an_older_one() -> None:
    evidence = gathered(["a~1~0", "b~1~0"], ["a~2~1"])
    assert ids(evidence) == ["a~2~1", "b~1~0"]
    assert evidence.add([passage("a~1~0")]) == []


@given(STEPS)
def test_no_two_versions_of_a_document_are_ever_together(steps: list[list[str]]) -> None:
    evidence = gathered(*steps)
    versions: dict[str, set[str]] = {}
    for chunk_id in ids(evidence):
        document, version, _ = chunk_id.split("~")
        versions.setdefault(document, set()).add(version)
    newest: dict[str, str] = {}
    for chunk_id in (chunk for step in steps for chunk in step):
        document, version, _ = chunk_id.split("~")
        newest[document] = max(newest.get(document, version), version)
    assert versions == {document: {version} for document, version in newest.items()}


@given(STEPS)
def test_each_passage_is_there_once_and_told_as_new_once(steps: list[list[str]]) -> None:
    evidence = Evidence()
    told = [each.chunk_id for step in steps for each in evidence.add([passage(chunk_id) for chunk_id in step])]
    assert len(told) == len(set(told))
    assert set(ids(evidence)) <= set(told)
    assert len(ids(evidence)) == len(set(ids(evidence))) == len(evidence)
