"""Taking documents in: all or none, and nothing lost after that."""

from __future__ import annotations

import pytest

from graphwell.domain.documents import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH, ContentType, MetadataValue
from graphwell.domain.embed_batches import TOKENS_A_BATCH, TOKENS_A_CHUNK
from graphwell.domain.errors import InvalidInput, Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.ingest_documents import (
    MAX_METADATA_KEYS,
    IngestDocuments,
    Submission,
)
from graphwell.usecases.send_tasks import TASKS_A_WORKER
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import WORKERS, FakeChunker, FakeEmbedQueue, FakeExtractor, sending

ACME = TenantScope("acme")
LINES_A_TASK = int(TOKENS_A_BATCH / (TOKENS_A_CHUNK + len("line") / 4))


class Setting:
    """The use case with all it stands on."""

    def __init__(self) -> None:
        self.staging = FakeStaging()
        self.queue = FakeEmbedQueue()
        self.ingest = self.with_model("fake-model")

    def with_model(self, name: str) -> IngestDocuments:
        """Return the use case for an embedding model."""
        send_tasks = sending(self.staging, self.queue)
        return IngestDocuments(FakeExtractor(), FakeChunker(), self.staging, send_tasks, name)

    def refusal(self, *submissions: Submission) -> InvalidInput:
        """Return what submissions are refused with; nothing may have been written or queued."""
        with pytest.raises(InvalidInput) as refused:
            self.ingest(ACME, submissions)
        assert self.staging.versions == {}
        assert self.staging.job_ids == []
        assert self.queue.tasks == []
        return refused.value


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_documents_are_staged_under_one_job_and_their_chunks_queued(setting: Setting) -> None:
    accepted = setting.ingest(ACME, [Submission("A", "one\ntwo", id="a"), Submission("B", "three", id="b")])
    assert [(entry.id, entry.version, entry.unchanged) for entry in accepted.documents] == [
        ("a", 1, False),
        ("b", 1, False),
    ]
    assert setting.staging.job_ids == [accepted.job_id]
    (task,) = setting.queue.tasks
    assert (task.scope, tuple(task.chunk_ids)) == (ACME, ("a~1~0", "a~1~1", "b~1~0"))


def test_a_job_that_is_named_is_the_one_that_follows(setting: Setting) -> None:
    assert setting.ingest(ACME, [Submission("A", "one")], job_id="job-1").job_id == "job-1"


def test_many_chunks_go_in_messages_of_a_bounded_size(setting: Setting) -> None:
    setting.ingest(ACME, [Submission("A", "\n".join(["line"] * (LINES_A_TASK + 1)))])
    assert [len(task.chunk_ids) for task in setting.queue.tasks] == [LINES_A_TASK // 2 + 1] * 2


def test_of_much_only_a_window_is_queued_and_the_rest_waits(setting: Setting) -> None:
    window = TASKS_A_WORKER * WORKERS
    setting.ingest(ACME, [Submission("A", "\n".join(["line"] * LINES_A_TASK * 10))])
    assert (len(setting.queue.tasks), len(setting.staging.waiting)) == (window, 10 - window)
    setting.ingest(ACME, [Submission("B", "one more")])
    assert len(setting.queue.tasks) == window
    setting.ingest(TenantScope("other"), [Submission("B", "one")])
    assert len(setting.queue.tasks) == window + 1


def test_the_same_content_while_it_is_on_its_way_is_not_queued_twice(setting: Setting) -> None:
    for _ in range(2):
        setting.ingest(ACME, [Submission("A", "one", id="a")])
    assert len(setting.queue.tasks) == 1


def test_with_the_queue_away_documents_are_accepted_all_the_same(setting: Setting) -> None:
    setting.queue.down = True
    accepted = setting.ingest(ACME, [Submission("A", "one", id="a")])
    assert accepted.documents[0].version == 1
    assert len(setting.staging.versions) == 1
    assert [list(task.chunk_ids) for task in setting.staging.waiting] == [["a~1~0"]]


def test_with_the_graph_away_nothing_is_queued(setting: Setting) -> None:
    setting.staging.down = True
    with pytest.raises(Unavailable):
        setting.ingest(ACME, [Submission("A", "one")])
    assert setting.queue.tasks == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Submission("", "text"), "documents[1].title"),
        (Submission("T" * (MAX_TITLE_LENGTH + 1), "text"), "documents[1].title"),
        (Submission("Title", ""), "documents[1].text"),
        (Submission("Title", " \n\t"), "documents[1].text"),
        (Submission("Title", "..."), "documents[1].text"),
        (Submission("Title", "a\x00b"), "documents[1].text"),
        (Submission("Title", "a" * (MAX_TEXT_LENGTH + 1)), "documents[1].text"),
        (Submission("Title", "<>", content_type=ContentType.HTML), "documents[1].text"),
        (Submission("Title", "text", id="a/b"), "documents[1].id"),
        (Submission("Title", "text", id=""), "documents[1].id"),
        (Submission("Title", "text", source="a\x07"), "documents[1].source"),
        (Submission("Title", "text", metadata={"k": "a\x07"}), "documents[1].metadata.k"),
        (Submission("Title", "text", metadata={"k": float("nan")}), "documents[1].metadata.k"),
        (Submission("Title", "text", metadata={"k": float("-inf")}), "documents[1].metadata.k"),
        (Submission("Title", "text", metadata={" ": 1}), "documents[1].metadata"),
        (Submission("Title", "text", metadata={"k" * 65: 1}), "documents[1].metadata"),
        (Submission("Title", "text", metadata={"\ud800": 1}), "documents[1].metadata"),
        (Submission("Title", "text", metadata={"\u00e9": 1, "e\u0301": 2}), "documents[1].metadata"),
        (
            Submission("Title", "text", metadata={str(number): 1 for number in range(MAX_METADATA_KEYS + 1)}),
            "documents[1].metadata",
        ),
    ],
)
def test_one_wrong_document_refuses_them_all_and_names_the_field(
    setting: Setting, wrong: Submission, field: str
) -> None:
    assert setting.refusal(Submission("Good", "good"), wrong).field == field


def test_the_same_id_twice_is_refused(setting: Setting) -> None:
    refusal = setting.refusal(Submission("A", "one", id="a"), Submission("B", "two", id="a"))
    assert refusal.field == "documents[1].id"
    assert "documents[0]" in refusal.detail


def test_the_same_content_twice_without_an_id_is_refused(setting: Setting) -> None:
    assert setting.refusal(Submission("A", "one"), Submission("A", "one")).field == "documents[1].id"


def test_without_an_id_the_content_names_the_document(setting: Setting) -> None:
    first = setting.ingest(ACME, [Submission("A", "one")]).documents[0]
    again = setting.ingest(ACME, [Submission("A", "one")]).documents[0]
    other = setting.ingest(ACME, [Submission("A", "two")]).documents[0]
    assert first.id == again.id != other.id


def test_html_is_kept_as_the_text_in_it(setting: Setting) -> None:
    setting.ingest(ACME, [Submission("A", "<Heading>", id="a", content_type=ContentType.HTML)])
    document = setting.staging.versions["acme", "a"][0].prepared.document
    assert (document.text, document.content_type) == ("Heading", ContentType.MARKDOWN)


def test_text_is_kept_composed(setting: Setting) -> None:
    setting.ingest(ACME, [Submission("cafe\u0301", "cafe\u0301", id="a")])
    document = setting.staging.versions["acme", "a"][0].prepared.document
    assert (document.title, document.text) == ("caf\u00e9", "caf\u00e9")


def test_metadata_is_kept_with_its_types(setting: Setting) -> None:
    metadata: dict[str, MetadataValue] = {
        "year": 2020,
        "huge": 10**400,
        "price": 1.5,
        "draft": False,
        "tag": "x",
        "note": "",
    }
    setting.ingest(ACME, [Submission("A", "one", id="a", metadata=metadata)])
    assert setting.staging.versions["acme", "a"][0].prepared.document.metadata == metadata


def test_another_embedding_model_makes_a_new_version(setting: Setting) -> None:
    setting.ingest(ACME, [Submission("A", "one", id="a")])
    assert setting.with_model("other-model")(ACME, [Submission("A", "one", id="a")]).documents[0].version == 2
