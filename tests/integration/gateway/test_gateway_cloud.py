"""A template runs as a whole: HTTP, authorizer, queue, bucket, Invoke API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.config import Config

from devstack.endpoints import Endpoints
from devstack.errors import DevstackError
from devstack.gateway import LocalCloud
from devstack.gateway.local_aws import LocalAws

pytestmark = pytest.mark.anyio
UNUSED = "http://127.0.0.1:9"
NOWHERE = Endpoints("bolt://x", "neo4j", "secretsecret", UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, Path("/nowhere"))


def _cloud(template: Path, endpoints: Endpoints, *, port: int = 0, rate_limits: bool = True) -> LocalCloud:
    folder = template.parent
    return LocalCloud(
        template_path=template,
        endpoints=endpoints,
        data_dir=folder / "data",
        log_dir=folder / "logs",
        host="127.0.0.1",
        port=port,
        parameters={},
        rate_limits=rate_limits,
    )


@pytest.fixture
async def cloud(toy: Path) -> AsyncIterator[LocalCloud]:
    running = _cloud(toy, NOWHERE)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def client(cloud: LocalCloud) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=cloud.url) as http:
        yield http


async def test_a_request_makes_the_round_trip(client: httpx.AsyncClient) -> None:
    reply = await client.put("/toy/v1/guarded/a%2Fb?q=1", content="é".encode(), headers={"authorization": "Bearer ann"})
    event = reply.json()

    assert reply.headers["x-function"] == "graphwell-EchoFunction"
    assert (event["path"], event["pathParameters"], event["body"]) == ("/v1/guarded/a%2Fb", {"id": "a%2Fb"}, "é")
    assert event["requestContext"]["authorizer"] == {"principalId": "ann", "tenant_id": "acme"}
    assert event["requestContext"]["requestId"] == reply.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("token", "status"), [("ann", 200), (None, 401), ("unknown", 401), ("denied", 403), ("broken", 500)]
)
async def test_the_authorizers_verdict(client: httpx.AsyncClient, token: str | None, status: int) -> None:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}

    assert (await client.get("/v1/guarded/a", headers=headers)).status_code == status


async def test_a_token_is_checked_once_for_a_method(cloud: LocalCloud, client: httpx.AsyncClient) -> None:
    for _ in range(3):
        await client.get("/v1/guarded/a", headers={"authorization": "Bearer ann"})
    guard = next(entry for entry in cloud.status()["functions"] if entry["function"] == "guard")

    assert guard["invocations"] == 1


async def test_the_limit_of_a_method_holds(client: httpx.AsyncClient) -> None:
    assert [(await client.get("/v1/limited")).status_code for _ in range(2)] == [200, 429]


async def test_rate_limits_may_be_off(toy: Path) -> None:
    cloud = _cloud(toy, NOWHERE, rate_limits=False)
    await cloud.start()
    async with httpx.AsyncClient(base_url=cloud.url) as http:
        statuses = [(await http.get("/v1/limited")).status_code for _ in range(3)]
    await cloud.stop()

    assert statuses == [200, 200, 200]


async def test_a_line_feed_in_a_path_is_a_path_like_any_other(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/no%0Asuch/route")
    assert (reply.status_code, reply.headers["content-type"]) == (403, "application/json")


async def test_the_key_set_is_beside_the_api(client: httpx.AsyncClient) -> None:
    assert (await client.get("/.well-known/jwks.json")).json()["keys"][0]["kty"] == "RSA"


async def test_boto3_invokes_functions(cloud: LocalCloud) -> None:
    lambda_client = boto3.client(
        "lambda",
        endpoint_url=cloud.status()["management_url"],
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"max_attempts": 0}),
    )
    reply = await asyncio.to_thread(lambda_client.invoke, FunctionName="EchoFunction", Payload=b'{"raise": "bad"}')

    assert reply["FunctionError"] == "Unhandled"
    assert json.loads(reply["Payload"].read())["errorMessage"] == "bad"
    with pytest.raises(lambda_client.exceptions.ResourceNotFoundException):
        await asyncio.to_thread(lambda_client.invoke, FunctionName="nobody")


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
async def test_web_pages_cannot_invoke_functions(cloud: LocalCloud, headers: dict[str, str]) -> None:
    url = f"{cloud.status()['management_url']}/2015-03-31/functions/echo/invocations"
    async with httpx.AsyncClient() as http:
        assert (await http.post(url, content=b"{}", headers=headers)).is_error


async def test_a_taken_port_is_a_sentence(cloud: LocalCloud, toy: Path) -> None:
    port = int(cloud.url.rpartition(":")[2])

    with pytest.raises(DevstackError, match=f"Port {port} of 127.0.0.1 is taken"):
        await _cloud(toy, NOWHERE, port=port).provision()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.1)


async def test_a_queue_a_bucket_and_a_dead_letter_queue(toy_with_resources: Path, aws_services: Endpoints) -> None:
    cloud, aws = _cloud(toy_with_resources, aws_services), LocalAws(aws_services)
    await cloud.start()
    sqs, bodies = aws.sqs(), set[str]()  # on a slow machine a message comes twice
    queue, dead, done = (
        sqs.get_queue_url(QueueName=f"graphwell-{name}")["QueueUrl"] for name in ("Queue", "DeadQueue", "DoneQueue")
    )
    for body in ("one", "poison", "two"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    aws.s3().put_object(Bucket="graphwell-bucket", Key="in/a b.txt", Body=b"x")
    aws.s3().put_object(Bucket="graphwell-bucket", Key="out/c.txt", Body=b"x")

    def all_done() -> bool:
        for message in sqs.receive_message(QueueUrl=done, MaxNumberOfMessages=10).get("Messages", []):
            bodies.add(message["Body"])
        return len(bodies) >= 3

    def is_dead() -> bool:
        messages = sqs.receive_message(QueueUrl=dead, VisibilityTimeout=0).get("Messages", [])
        return [message["Body"] for message in messages] == ["poison"]

    await _until(all_done)
    await _until(is_dead)
    await cloud.stop()

    assert {"one", "two"} < bodies
    (event,) = (json.loads(body) for body in bodies if body.startswith("{"))
    assert event["Records"][0]["s3"]["object"]["key"] == "in/a+b.txt"


async def test_provisioning_may_be_repeated(toy_with_resources: Path, aws_services: Endpoints) -> None:
    cloud, aws = _cloud(toy_with_resources, aws_services), LocalAws(aws_services)
    await cloud.provision()
    await cloud.provision()
    await cloud.stop()

    attributes = aws.sqs().get_queue_attributes(
        QueueUrl=aws.sqs().get_queue_url(QueueName="graphwell-Queue")["QueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:graphwell-Secret"
    ttl = aws.dynamodb().describe_time_to_live(TableName="graphwell-Table")["TimeToLiveDescription"]
    assert attributes["VisibilityTimeout"] == "1"
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 2
    assert aws.secrets().get_secret_value(SecretId=arn)["SecretString"] == '{"a":1}'
    assert ttl["AttributeName"] == "expires"
