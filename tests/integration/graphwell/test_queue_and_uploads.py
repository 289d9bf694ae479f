"""The embed queue over a real SQS server, and uploads over a real S3 server."""

from __future__ import annotations

import urllib.request
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from boto3 import Session
from botocore.config import Config

from devstack.endpoints import Endpoints
from graphwell.adapters.s3_upload_store import EXPIRES_AFTER, S3UploadStore
from graphwell.adapters.sqs_embed_queue import SqsEmbedQueue, decode_task
from graphwell.adapters.sqs_health import SqsHealth
from graphwell.adapters.sqs_lease import SqsLease, retry_wait_s
from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, UploadTarget
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

ACME = TenantScope("acme")
SESSION = Session(aws_access_key_id="local", aws_secret_access_key="local")
NO_RETRIES = Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=5, signature_version="s3v4")


@pytest.fixture(scope="module")
def sqs(endpoints: Endpoints) -> SQSClient:
    return SESSION.client("sqs", endpoint_url=endpoints.sqs_url, region_name=endpoints.region)


@pytest.fixture
def queue_url(sqs: SQSClient) -> Iterator[str]:
    url = sqs.create_queue(QueueName=f"q{uuid.uuid4().hex}")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def received(sqs: SQSClient, queue_url: str) -> list[EmbedTask]:
    tasks = []
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            tasks.append(decode_task(message["Body"]))
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return tasks


@pytest.mark.parametrize("count", [0, 1, 10, 25])
def test_every_task_arrives(sqs: SQSClient, queue_url: str, count: int) -> None:
    tasks = [EmbedTask(ACME, (f"a~1~{number}",)) for number in range(count)]
    SqsEmbedQueue(sqs, queue_url).send(tasks)
    assert sorted(received(sqs, queue_url), key=str) == sorted(tasks, key=str)


def test_the_queue_is_empty_only_when_nothing_waits_or_is_worked_on(sqs: SQSClient, queue_url: str) -> None:
    queue = SqsEmbedQueue(sqs, queue_url)
    assert queue.is_empty()
    queue.send([EmbedTask(ACME, ("a~1~0",))])
    assert not queue.is_empty()
    assert SqsHealth(sqs, "embed_queue", queue_url).check() == {"waiting": 1, "in_flight": 0}
    (message,) = sqs.receive_message(QueueUrl=queue_url, VisibilityTimeout=60)["Messages"]
    assert not queue.is_empty()
    assert SqsHealth(sqs, "embed_queue", queue_url).check() == {"waiting": 0, "in_flight": 1}
    with_more = SqsHealth(sqs, "embed_queue", queue_url, dead_letter_url=queue_url, oldest_s=lambda: 7.25)
    assert with_more.check() == {"waiting": 0, "in_flight": 1, "dead_letters": 1, "oldest_s": 7.2}
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    assert queue.is_empty()


def test_a_queue_that_is_not_there_is_unavailable(sqs: SQSClient, queue_url: str) -> None:
    queue = SqsEmbedQueue(sqs, f"{queue_url}-gone")
    with pytest.raises(Unavailable):
        queue.send([EmbedTask(ACME, ("a~1~0",))])
    with pytest.raises(Unavailable):
        queue.is_empty()


def test_a_message_carries_its_tenant_as_the_group_that_is_served_fairly(sqs: SQSClient, queue_url: str) -> None:
    SqsEmbedQueue(sqs, queue_url).send([EmbedTask(ACME, ("a~1~0",))])
    (message,) = sqs.receive_message(QueueUrl=queue_url, MessageSystemAttributeNames=["All"])["Messages"]
    assert message["Attributes"]["MessageGroupId"] == ACME.tenant_id


class LeasedMessage:
    """A message that was received from a queue, and what the queue is asked about it."""

    def __init__(self, sqs: SQSClient, queue_url: str) -> None:
        self._sqs, self._queue_url = sqs, queue_url
        SqsEmbedQueue(sqs, queue_url).send([EmbedTask(ACME, ("a~1~0",))])
        (message,) = sqs.receive_message(QueueUrl=queue_url, VisibilityTimeout=1)["Messages"]
        self.lease = SqsLease(sqs, queue_url).held(message["ReceiptHandle"], receives=1)

    def is_given_out_within(self, seconds: int) -> bool:
        """Return whether the queue gives the message to somebody else."""
        return bool(self._sqs.receive_message(QueueUrl=self._queue_url, WaitTimeSeconds=seconds).get("Messages"))


def test_a_message_in_work_is_not_given_out_after_the_queues_own_timeout(sqs: SQSClient, queue_url: str) -> None:
    message = LeasedMessage(sqs, queue_url)
    with message.lease:
        assert not message.is_given_out_within(3)


def test_a_message_whose_work_failed_comes_back_after_its_wait(sqs: SQSClient, queue_url: str) -> None:
    message = LeasedMessage(sqs, queue_url)
    with pytest.raises(Unavailable), message.lease:
        raise Unavailable("The model does not answer.")
    assert message.is_given_out_within(retry_wait_s(1) + 10)


def test_a_queue_that_is_away_does_not_stop_the_work(sqs: SQSClient, queue_url: str) -> None:
    done = False
    with SqsLease(sqs, f"{queue_url}-gone").held("handle", receives=1):
        done = True
    assert done


@pytest.fixture(scope="module")
def s3(endpoints: Endpoints) -> S3Client:
    return SESSION.client("s3", endpoint_url=endpoints.s3_url, region_name=endpoints.region, config=NO_RETRIES)


@pytest.fixture(scope="module")
def uploads(s3: S3Client) -> S3UploadStore:
    bucket = f"b{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    return S3UploadStore(s3, bucket, FakeClock())


@pytest.fixture
def job_id() -> str:
    return uuid.uuid4().hex


def put(target: UploadTarget, data: bytes) -> int:
    headers = {"Content-Type": target.headers["Content-Type"]}
    request = urllib.request.Request(target.url, data=data, method="PUT", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return int(reply.status)


def test_a_file_put_where_it_was_told_is_read_back_and_removed(uploads: S3UploadStore, job_id: str) -> None:
    target = uploads.presign(ACME, job_id, media_type="text/markdown", size_bytes=4)
    assert put(target, b"text") == 200
    assert uploads.fetch(ACME, job_id) == b"text"
    for _ in range(2):
        uploads.remove(ACME, job_id)
    with pytest.raises(NotFound):
        uploads.fetch(ACME, job_id)


def test_the_address_is_signed_for_just_that_size_and_type(uploads: S3UploadStore, job_id: str) -> None:
    """The local server takes any signature; S3 refuses a request whose signed headers differ."""
    target = uploads.presign(ACME, job_id, media_type="text/markdown", size_bytes=4)
    signed = parse_qs(urlsplit(target.url).query)["X-Amz-SignedHeaders"]
    assert signed == ["content-length;content-type;host"]
    assert target.headers == {"Content-Type": "text/markdown", "Content-Length": "4"}
    assert target.expires_at == FakeClock().now() + EXPIRES_AFTER


def test_the_file_of_another_tenants_job_is_not_found(uploads: S3UploadStore, job_id: str) -> None:
    put(uploads.presign(ACME, job_id, media_type="text/markdown", size_bytes=4), b"text")
    with pytest.raises(NotFound):
        uploads.fetch(TenantScope("Acme"), job_id)


def test_a_store_that_is_away_is_unavailable(job_id: str) -> None:
    away = SESSION.client("s3", endpoint_url="http://127.0.0.1:1", region_name="us-east-1", config=NO_RETRIES)
    with pytest.raises(Unavailable):
        S3UploadStore(away, "bucket", FakeClock()).fetch(ACME, job_id)
