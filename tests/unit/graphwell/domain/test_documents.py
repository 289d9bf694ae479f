"""Documents, their hash, and what a submission does."""

from __future__ import annotations

import pytest

from graphwell.domain.documents import (
    ContentType,
    StagingDecision,
    SubmittedDocument,
    VersionContent,
    VersionState,
    VersionStatus,
    check_document_id,
)
from graphwell.domain.errors import InvalidInput

SENT = VersionContent("hash", "print")
OTHER = VersionContent("other", "print")
CHUNKED_OTHERWISE = VersionContent("hash", "other")
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
    ("status", "newest", "live", "decision"),
    [
        (VersionStatus.ACTIVE, SENT, SENT, StagingDecision.KEEP),
        (VersionStatus.ACTIVE, OTHER, OTHER, StagingDecision.CREATE),
        (VersionStatus.ACTIVE, CHUNKED_OTHERWISE, CHUNKED_OTHERWISE, StagingDecision.CREATE),
        (VersionStatus.STAGED, SENT, None, StagingDecision.JOIN),
        (VersionStatus.STAGED, SENT, OTHER, StagingDecision.JOIN),
        (VersionStatus.STAGED, OTHER, None, StagingDecision.CREATE),
        (VersionStatus.STAGED, CHUNKED_OTHERWISE, None, StagingDecision.CREATE),
        # Readers see it now, but they are about to see something else.
        (VersionStatus.STAGED, OTHER, SENT, StagingDecision.CREATE),
        (VersionStatus.FAILED, SENT, None, StagingDecision.CREATE),
        (VersionStatus.FAILED, SENT, OTHER, StagingDecision.CREATE),
        (VersionStatus.FAILED, OTHER, SENT, StagingDecision.KEEP),
        (VersionStatus.CANCELLED, SENT, None, StagingDecision.CREATE),
        (VersionStatus.CANCELLED, OTHER, SENT, StagingDecision.KEEP),
        (VersionStatus.SUPERSEDED, SENT, OTHER, StagingDecision.CREATE),
        (VersionStatus.DELETED, SENT, None, StagingDecision.CREATE),
    ],
)
def test_what_a_submission_does(
    status: VersionStatus, newest: VersionContent, live: VersionContent | None, decision: StagingDecision
) -> None:
    state = VersionState(3, status, newest, live_version=2 if live else 0, live=live)
    assert state.decide(SENT) is decision


def test_a_new_document_gets_a_version() -> None:
    assert VersionState().decide(SENT) is StagingDecision.CREATE


@pytest.mark.parametrize("value", ["a", "A1", "docs:guide.md", "x@y-z_1", "0" * 200])
def test_ids_that_are_safe_in_a_path_are_kept(value: str) -> None:
    assert check_document_id(value, "id") == value


@pytest.mark.parametrize("value", ["", "a/b", "a b", ".x", "-x", "a~1", "é", "a\n", "a%2Fb", "0" * 201, "a?b", "a#b"])
def test_other_ids_are_refused_with_the_remedy(value: str) -> None:
    with pytest.raises(InvalidInput, match="replace other characters") as refusal:
        check_document_id(value, "documents[1].id")
    assert refusal.value.field == "documents[1].id"
