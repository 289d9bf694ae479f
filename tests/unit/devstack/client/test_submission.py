"""Batches, and what becomes of the documents in them."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.client.api import GraphwellClient
from devstack.client.batches import Batch, batches
from devstack.client.documents import Document, DocumentOutcome, OutcomeStatus
from devstack.client.ingestion import Ingestion, IngestReport
from devstack.client.problems import ApiError
from devstack.client.submission import DocumentSubmitter
from devstack.errors import DevstackError
from tests.unit.devstack.client.fake_api import FakeApi, Waits, problem


def document(document_id: str, text: str = "some text") -> Document:
    return Document(document_id, f"Title {document_id}", text, "text/plain", f"{document_id}.txt", f"{document_id}.txt")


def documents(count: int) -> list[Document]:
    return [document(f"d{number}") for number in range(count)]


def outcomes_of(submitter: DocumentSubmitter, sent: list[Document]) -> dict[str, DocumentOutcome]:
    return {outcome.document_id or "": outcome for batch in submitter.submit(sent) for outcome in batch}


@given(st.lists(st.text(alphabet="aé€😀", max_size=60), max_size=30), st.integers(1, 7), st.integers(120, 900))
def test_every_document_is_in_one_batch_within_the_limits(texts: list[str], max_documents: int, max_bytes: int) -> None:
    sent = [document(f"d{number}", text) for number, text in enumerate(texts)]
    made = list(batches(sent, max_documents=max_documents, max_bytes=max_bytes))
    assert [
        found.id if isinstance(found, Document) else found.document_id
        for batch in made
        for found in (batch.documents if isinstance(batch, Batch) else [batch])
    ].count(None) == 0
    whole = [batch for batch in made if isinstance(batch, Batch)]
    for batch in whole:
        assert len(batch.body) <= max_bytes
        assert len(batch.documents) <= max_documents
        assert json.loads(batch.body) == {"documents": [member.as_json() for member in batch.documents]}
    in_batches = [member.id for batch in whole for member in batch.documents]
    too_large = [batch.document_id for batch in made if isinstance(batch, DocumentOutcome)]
    assert sorted([*in_batches, *map(str, too_large)]) == sorted(member.id for member in sent)


def test_a_document_over_the_limit_is_reported_by_name_and_the_others_are_sent() -> None:
    small, large = document("small"), document("large", "x" * 4_000_000)
    failure, batch = batches([small, large])
    assert isinstance(failure, DocumentOutcome)
    assert failure.document_id == "large"
    assert failure.reason == "takes 4.0 MB in a request, over the 3.5 MB limit; split it"
    assert isinstance(batch, Batch)
    assert batch.documents == [small]


def test_all_batches_arrive(api: FakeApi, client: GraphwellClient) -> None:
    outcomes = outcomes_of(DocumentSubmitter(client), documents(250))
    assert len(api.documents) == 250
    assert {outcome.status for outcome in outcomes.values()} == {OutcomeStatus.ACCEPTED}
    assert {outcome.job_id for outcome in outcomes.values()} == {"job-1", "job-2", "job-3"}


def test_a_cut_connection_repeats_the_batch_under_its_key(api: FakeApi, client: GraphwellClient) -> None:
    api.interruptions = [httpx.ReadError("cut")]
    outcomes_of(DocumentSubmitter(client), documents(1))
    first, second = (request.headers["idempotency-key"] for request in api.requests)
    assert first == second


def test_another_run_uses_other_keys_so_that_it_is_not_answered_with_an_old_reply(
    api: FakeApi, client: GraphwellClient
) -> None:
    for run_id in ("monday", "tuesday"):
        outcomes_of(DocumentSubmitter(client, run_id=run_id), documents(1))
    first, second = (request.headers["idempotency-key"] for request in api.requests)
    assert first != second


def test_refused_documents_do_not_hold_up_the_others(api: FakeApi, client: GraphwellClient) -> None:
    sent = [*documents(20), document("bad", "REFUSE"), document("worse", "REFUSE this too")]
    outcomes = outcomes_of(DocumentSubmitter(client), sent)
    assert len(outcomes) == 22
    assert len(api.documents) == 20
    failed = {name for name, outcome in outcomes.items() if outcome.status is OutcomeStatus.FAILED}
    assert failed == {"bad", "worse"}
    assert "documents[0].text" in (outcomes["bad"].reason or "")


def test_a_batch_that_is_too_slow_is_halved(api: FakeApi, client: GraphwellClient) -> None:
    api.interruptions = [problem(504, "too slow")] * 8
    outcomes = outcomes_of(DocumentSubmitter(client), documents(4))
    assert {outcome.status for outcome in outcomes.values()} == {OutcomeStatus.ACCEPTED}
    assert [len(body["documents"]) for body in api.bodies("/v1/documents")] == [4] * 8 + [2, 2]


def test_one_document_that_breaks_the_server_is_isolated(api: FakeApi, client: GraphwellClient) -> None:
    api.interruptions = [problem(500, "bug"), problem(500, "bug")]
    outcomes = outcomes_of(DocumentSubmitter(client), documents(2))
    assert [outcomes[name].status for name in ("d0", "d1")] == ["failed", "accepted"]


def test_a_server_that_breaks_on_everything_ends_the_run(api: FakeApi, client: GraphwellClient) -> None:
    api.interruptions = [problem(500, "bug")] * 1000
    with pytest.raises(ApiError, match="500"):
        outcomes_of(DocumentSubmitter(client), documents(100))
    assert len(api.requests) < 50


@pytest.mark.parametrize("status", [401, 403, 404, 503])
def test_a_refused_caller_ends_the_run(api: FakeApi, client: GraphwellClient, status: int) -> None:
    api.interruptions = [problem(status, "no")] * 100
    with pytest.raises(ApiError) as caught:
        outcomes_of(DocumentSubmitter(client), documents(10))
    assert caught.value.status == status


def ingest(client: GraphwellClient, waits: Waits, sent: list[Document]) -> IngestReport:
    return Ingestion(client, sleep=waits.sleep, clock_s=waits.clock_s).run(sent)


def test_a_second_run_finds_everything_unchanged(client: GraphwellClient, waits: Waits) -> None:
    first = ingest(client, waits, documents(3))
    second = ingest(client, waits, documents(3))
    assert (first.count(OutcomeStatus.ACCEPTED), first.chunks_embedded) == (3, 6)
    assert (second.count(OutcomeStatus.UNCHANGED), second.job_ids, second.chunks_per_s) == (3, (), None)


def test_a_run_after_an_interrupted_one_waits_for_what_that_left(
    api: FakeApi, client: GraphwellClient, waits: Waits
) -> None:
    api.polls_until_done = 3
    list(DocumentSubmitter(client).submit(documents(2)))
    report = ingest(client, waits, documents(3))
    assert report.count(OutcomeStatus.ACCEPTED) == 3
    assert report.job_ids == ("job-2",)
    assert waits.slept_s == [0.5, 0.5, 0.5]


def test_documents_that_fail_while_indexing_carry_the_reason(client: GraphwellClient, waits: Waits) -> None:
    report = ingest(client, waits, [document("good"), document("bad", "FAIL")])
    assert [(failure.document_id, failure.reason) for failure in report.failures] == [("bad", "no text in it")]
    assert report.count(OutcomeStatus.ACCEPTED) == 1


def test_a_cancelled_job_fails_its_documents(api: FakeApi, client: GraphwellClient) -> None:
    api.polls_until_done = 1
    ingestion = Ingestion(client, sleep=lambda _: api.jobs["job-1"].update(status="cancelled"), clock_s=lambda: 0.0)
    report = ingestion.run([document("first")])
    assert [failure.reason for failure in report.failures] == ["job job-1 was cancelled"]


def test_a_job_that_stands_still_is_given_up_with_a_remedy(api: FakeApi, client: GraphwellClient, waits: Waits) -> None:
    api.polls_until_done = 10**9
    with pytest.raises(DevstackError, match="Job job-1 has not moved for 15 minutes; see `graphwell jobs job-1`"):
        ingest(client, waits, documents(1))


def test_speed_counts_from_the_first_request_to_the_last_job(
    api: FakeApi, client: GraphwellClient, waits: Waits
) -> None:
    api.polls_until_done = 4
    report = ingest(client, waits, documents(5))
    assert report.elapsed_s == 2.0
    assert report.chunks_per_s == 5.0
