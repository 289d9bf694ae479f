"""Documents, their hash, and what a submission does."""

from __future__ import annotations

import pytest

from graphwell.domain.documents import (
    ContentType,
    StagingDecision,
    SubmittedDocument,
    VersionState,
    VersionStatus,
    check_document_id,
)
from graphwell.domain.errors import InvalidInput

BASE = SubmittedDocument("d", "Title", "Text", ContentType.PLAIN, "a.txt", {"year": 2020, "tag": "x"})


def test_the_hash_is_the_same_for_the_same_content_in_any_order_of_metadata() -> None:
    again = SubmittedDocument("d", "Title", "Text", ContentType.PLAIN, "a.txt", {"tag": "x", "year": 2020})
    assert again.content_hash == BASE.content_hash


def test_the_hash_is_of_the_content_alone() -> None:
    other_id = SubmittedDocument("e", "Title", "Text", ContentType.PLAIN, "a.txt", {"year": 2020, "tag": "x"})
    assert other_id.content_hash == BASE.content_hash


@pytest.mark.parametrize(
    "changed",
    [
        SubmittedDocument("d", "Title2", "Text", ContentType.PLAIN, "a.txt", {"year": 2020, "tag": "x"}),
        SubmittedDocument("d", "Title", "Text2", ContentType.PLAIN, "a.txt", {"year": 2020, "tag": "x"}),
        SubmittedDocument("d", "TitleT", "ext", ContentType.PLAIN, "a.txt", {"year": 2020, "tag": "x"}),
        SubmittedDocument("d", "Title", "Text", ContentType.MARKDOWN, "a.txt", {"year": 2020, "tag": "x"}),
        SubmittedDocument("d", "Title", "Text", ContentType.PLAIN, None, {"year": 2020, "tag": "x"}),
        SubmittedDocument("d", "Title", "Text", ContentType.PLAIN, "a.txt", {"year": "2020", "tag": "x"}),
        SubmittedDocument("d", "Title", "Text", ContentType.PLAIN, "a.txt", {"year": 2020}),
        SubmittedDocument("d", "Title", "Text", ContentType.PLAIN, "a.txt", {"year": True, "tag": "x"}),
        SubmittedDocument("d", "Title", "Text", ContentType.PLAIN, "a.txt", {"year": 2020, "tag": "x"}, (0, 2)),
    ],
)
def test_the_hash_changes_with_everything_a_reader_can_see(changed: SubmittedDocument) -> None:
    assert changed.content_hash != BASE.content_hash


@pytest.mark.parametrize(
    ("status", "same_hash", "same_fingerprint", "decision"),
    [
        (VersionStatus.ACTIVE, True, True, StagingDecision.KEEP),
        (VersionStatus.STAGED, True, True, StagingDecision.JOIN),
        (VersionStatus.SUPERSEDED, True, True, StagingDecision.CREATE),
        (VersionStatus.FAILED, True, True, StagingDecision.CREATE),
        (VersionStatus.DELETED, True, True, StagingDecision.CREATE),
        (VersionStatus.ACTIVE, False, True, StagingDecision.CREATE),
        (VersionStatus.STAGED, False, True, StagingDecision.CREATE),
        (VersionStatus.ACTIVE, True, False, StagingDecision.CREATE),
        (VersionStatus.STAGED, True, False, StagingDecision.CREATE),
    ],
)
def test_what_a_submission_does(
    status: VersionStatus, *, same_hash: bool, same_fingerprint: bool, decision: StagingDecision
) -> None:
    state = VersionState(3, status, "hash" if same_hash else "other", "print" if same_fingerprint else "other")
    assert state.decide("hash", "print") is decision


def test_a_new_document_gets_a_version() -> None:
    assert VersionState(0, None, None, None).decide("hash", "print") is StagingDecision.CREATE


@pytest.mark.parametrize("value", ["a", "A1", "docs:guide.md", "x@y-z_1", "0" * 200])
def test_ids_that_are_safe_in_a_path_are_kept(value: str) -> None:
    assert check_document_id(value, "id") == value


@pytest.mark.parametrize("value", ["", "a/b", "a b", ".x", "-x", "a~1", "é", "a\n", "a%2Fb", "0" * 201, "a?b", "a#b"])
def test_other_ids_are_refused_with_the_remedy(value: str) -> None:
    with pytest.raises(InvalidInput, match="replace other characters") as refusal:
        check_document_id(value, "documents[1].id")
    assert refusal.value.field == "documents[1].id"
