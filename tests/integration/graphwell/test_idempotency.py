"""Keyed requests over a real DynamoDB server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from boto3 import Session
from botocore.config import Config

from devstack.endpoints import Endpoints
from graphwell.adapters.dynamodb_idempotency import KEPT_S, DynamoDbIdempotency
from graphwell.domain.errors import InFlight, InvalidInput, Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import KeyedRequest

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SESSION = Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1")
NO_RETRIES = Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=5)
ACME = TenantScope("acme")


@pytest.fixture(scope="module")
def dynamodb(endpoints: Endpoints) -> DynamoDBClient:
    return SESSION.client("dynamodb", endpoint_url=endpoints.dynamodb_url, config=NO_RETRIES)


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def idempotency(dynamodb: DynamoDBClient, table: str) -> DynamoDbIdempotency:
    return DynamoDbIdempotency(dynamodb, table)


class Work:
    """Counts its calls, and returns or raises what it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.error = error

    def __call__(self) -> Mapping[str, Any]:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return {"job_id": f"job-{self.calls}", "documents": [{"id": "a", "version": 1, "status": "queued"}]}


def request(**changed: Any) -> KeyedRequest:
    fields = {
        "scope": ACME, "subject": "user-1", "route": "documents.ingest", "key": "key-1", "body_hash": "hash",
        "time_left_s": 29.0,
    }  # fmt: skip
    return KeyedRequest(**{**fields, **changed})


def test_a_repetition_gets_the_first_reply_and_does_nothing(idempotency: DynamoDbIdempotency) -> None:
    work = Work()
    first, again = (idempotency.once(request(), work) for _ in range(2))
    assert work.calls == 1
    assert again == first == {"job_id": "job-1", "documents": [{"id": "a", "version": 1, "status": "queued"}]}


@pytest.mark.parametrize(
    "changed",
    [{"scope": TenantScope("Acme")}, {"subject": "user-2"}, {"route": "jobs.upload"}, {"key": "key-2"}],
    ids=lambda changed: next(iter(changed)),
)
def test_a_key_means_something_to_one_principal_in_one_tenant_on_one_route(
    idempotency: DynamoDbIdempotency, changed: dict[str, Any]
) -> None:
    work = Work()
    idempotency.once(request(), work)
    idempotency.once(request(**changed), work)
    assert work.calls == 2
    assert request(**changed).job_id != request().job_id


def test_another_request_under_the_same_key_is_refused_by_the_headers_name(idempotency: DynamoDbIdempotency) -> None:
    work = Work()
    idempotency.once(request(), work)
    with pytest.raises(InvalidInput) as refusal:
        idempotency.once(request(body_hash="other"), work)
    assert refusal.value.field == "Idempotency-Key"
    assert work.calls == 1


@pytest.mark.parametrize("error", [Unavailable("The graph does not answer."), InvalidInput("text", "It is empty.")])
def test_a_failure_is_not_remembered(idempotency: DynamoDbIdempotency, error: Exception) -> None:
    work = Work(error)
    with pytest.raises(type(error)):
        idempotency.once(request(), work)
    work.error = None
    assert idempotency.once(request(), work)["job_id"] == "job-2"


def test_a_duplicate_in_flight_is_asked_to_come_back(idempotency: DynamoDbIdempotency) -> None:
    def work() -> Mapping[str, Any]:
        with pytest.raises(InFlight) as refusal:
            idempotency.once(request(), Work())
        assert refusal.value.retry_after_s > 0
        with pytest.raises(InvalidInput):
            idempotency.once(request(body_hash="other"), Work())
        return {"job_id": "job-1"}

    assert idempotency.once(request(), work) == {"job_id": "job-1"}


def test_a_crash_holds_the_key_no_longer_than_the_function_could_run(idempotency: DynamoDbIdempotency) -> None:
    class Killed(BaseException):
        """Takes the process away before anything can be noted."""

    def killed() -> Mapping[str, Any]:
        raise Killed

    for time_left_s, comes_back in ((60.0, False), (0.0, True)):
        key = f"key-{time_left_s}"
        with pytest.raises(Killed):
            idempotency.once(request(key=key, time_left_s=time_left_s), killed)
        work = Work()
        if comes_back:
            idempotency.once(request(key=key), work)
        else:
            with pytest.raises(InFlight):
                idempotency.once(request(key=key), work)
        assert work.calls == comes_back


def test_a_record_holds_ids_and_hashes_expires_and_is_found_by_its_tenant(
    idempotency: DynamoDbIdempotency, dynamodb: DynamoDBClient, table: str
) -> None:
    idempotency.once(request(key="the key itself"), Work())
    (record,) = dynamodb.scan(TableName=table)["Items"]
    assert record.keys() == {"id", "expiration", "in_progress_expiration", "status", "data", "validation"}
    assert record["id"]["S"].startswith("acme#")
    assert "the key itself" not in str(record)
    assert 0 < int(record["expiration"]["N"]) - int(record["in_progress_expiration"]["N"]) / 1000 <= KEPT_S


def test_with_the_table_away_nothing_is_begun() -> None:
    away = SESSION.client("dynamodb", endpoint_url="http://127.0.0.1:1", config=NO_RETRIES)
    work = Work()
    with pytest.raises(Unavailable):
        DynamoDbIdempotency(away, "table").once(request(), work)
    assert work.calls == 0


@pytest.mark.parametrize("error", [None, InvalidInput("text", "It is empty.")])
def test_with_the_table_lost_meanwhile_the_caller_hears_how_the_work_went(
    idempotency: DynamoDbIdempotency, dynamodb: DynamoDBClient, table: str, error: Exception | None
) -> None:
    work = Work(error)

    def lose() -> Mapping[str, Any]:
        dynamodb.delete_table(TableName=table)
        return work()

    try:
        if error is None:
            assert idempotency.once(request(), lose)["job_id"] == "job-1"
        else:
            with pytest.raises(InvalidInput, match="It is empty"):
                idempotency.once(request(), lose)
    finally:
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
