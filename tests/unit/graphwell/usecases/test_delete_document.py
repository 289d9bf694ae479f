"""A document goes with its files and with the answers made of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graphwell.domain.documents import ContentType, DocumentRecord, VersionStatus
from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.passages import Answer, AnswerWithPassages
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.delete_document import DeleteDocument
from tests.fakes.documents import FakeDocuments
from tests.fakes.search import FakeAnswerCache
from tests.fakes.uploads import FakeUploadStore

ACME, OTHER = TenantScope("acme"), TenantScope("other")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RECORD = DocumentRecord("a", "A", None, ContentType.PLAIN, {}, 1, VersionStatus.ACTIVE, 1, NOON, NOON)
ANSWER = AnswerWithPassages(Answer("An answer.", True, ()), ())


class World:
    """A document that a file was made into, and answers made of it."""

    def __init__(self) -> None:
        self.documents, self.files, self.answers = FakeDocuments(), FakeUploadStore(), FakeAnswerCache()
        self.documents.records["acme", "a"] = RECORD
        self.documents.uploads_of["acme", "a"] = ["job-1"]
        self.files.files = {("acme", "job-1"): b"text", ("other", "job-1"): b"text"}
        self.answers.put(ACME, "theirs", 1, ANSWER)
        self.answers.put(OTHER, "others", 1, ANSWER)
        self.delete = DeleteDocument(self.documents, self.files, self.answers)


@pytest.fixture
def world() -> World:
    return World()


def test_files_and_answers_go_with_it_and_no_other_tenants(world: World) -> None:
    assert world.delete.preview(ACME, "a") == {"documents": 1, "chunks": 0, "files": 1}
    world.delete(ACME, "a")
    assert world.documents.records == {}
    assert world.files.files.keys() == {("other", "job-1")}
    assert world.answers.kept.keys() == {"others"}
    with pytest.raises(NotFound):
        world.delete(ACME, "a")
    with pytest.raises(NotFound):
        world.delete.preview(ACME, "a")


def test_without_the_cache_it_goes_all_the_same(world: World) -> None:
    world.answers.down = True
    world.delete(ACME, "a")
    assert world.documents.records == {}


def test_a_deletion_that_fails_can_be_repeated(world: World) -> None:
    world.documents.error = Unavailable("The graph does not answer.")
    with pytest.raises(Unavailable):
        world.delete(ACME, "a")
    world.documents.error = None
    world.delete(ACME, "a")
    assert world.documents.records == {}
