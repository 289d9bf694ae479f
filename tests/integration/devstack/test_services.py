"""Each server answers in its own protocol, on the loopback interface only, with what the project asks of it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
import pytest
import redis
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError

from devstack.services.group import SERVICE_NAMES
from devstack.testing import RunningServices, running_services


def aws(services: RunningServices, name: str, url: str) -> Any:
    session = boto3.Session("local", "local", region_name=services.endpoints.region)
    return session.client(name, endpoint_url=url)  # type: ignore[call-overload]


def test_neo4j_runs_the_vector_search_clause(services: RunningServices) -> None:
    at = services.endpoints
    with GraphDatabase.driver(at.neo4j_uri, auth=(at.neo4j_username, at.neo4j_password)) as driver:
        driver.execute_query(
            "CYPHER 25 CREATE VECTOR INDEX probe FOR (p:Probe) ON p.v WITH [p.tenant] "
            "OPTIONS {indexConfig: {`vector.dimensions`: 2, `vector.similarity_function`: 'cosine'}}"
        )
        driver.execute_query("CREATE (:Probe {tenant: 'a', v: [1.0, 0.0]}), (:Probe {tenant: 'b', v: [1.0, 0.0]})")
        driver.execute_query("CALL db.awaitIndexes(60)")
        found = driver.execute_query(
            "CYPHER 25 MATCH (p:Probe) SEARCH p IN (VECTOR INDEX probe FOR [1.0, 0.0] WHERE p.tenant = 'a' LIMIT 5) "
            "RETURN p.tenant AS tenant"
        ).records

    assert [record["tenant"] for record in found] == ["a"]


@pytest.mark.parametrize("auth", [None, ("neo4j", "neo4j"), ("neo4j", "guess")])
def test_neo4j_refuses_who_does_not_know_the_password(services: RunningServices, auth: tuple[str, str] | None) -> None:
    with GraphDatabase.driver(services.endpoints.neo4j_uri, auth=auth) as driver, pytest.raises(AuthError):
        driver.verify_connectivity()


def test_valkey_has_vector_search_with_a_tag_filter(services: RunningServices) -> None:
    with redis.Redis.from_url(services.endpoints.valkey_url, protocol=2) as client:
        client.execute_command(
            *("FT.CREATE", "probe", "PREFIX", 1, "probe:", "SCHEMA", "tenant", "TAG"),
            *("v", "VECTOR", "FLAT", 6, "TYPE", "FLOAT32", "DIM", 1, "DISTANCE_METRIC", "L2"),
        )
        client.hset("probe:1", mapping={"tenant": "a", "v": b"\0\0\0\0"})
        client.hset("probe:2", mapping={"tenant": "b", "v": b"\0\0\0\0"})
        reply = client.execute_command(
            "FT.SEARCH",
            "probe",
            "(@tenant:{b})=>[KNN 5 @v $q]",
            "PARAMS",
            2,
            "q",
            b"\0\0\0\0",
            "NOCONTENT",
            "DIALECT",
            2,
        )

    assert reply == [1, b"probe:2"]


def test_queues_have_arns_of_the_account_and_the_region(services: RunningServices) -> None:
    sqs = aws(services, "sqs", services.endpoints.sqs_url)
    url = sqs.create_queue(QueueName="arn")["QueueUrl"]

    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    assert url.startswith(services.endpoints.sqs_url)
    assert arn == "arn:aws:sqs:us-east-1:000000000000:arn"


def test_secrets_and_parameters_are_kept_by_moto(services: RunningServices) -> None:
    secrets = aws(services, "secretsmanager", services.endpoints.aws_url)
    parameters = aws(services, "ssm", services.endpoints.aws_url)
    secrets.create_secret(Name="probe", SecretString="{}")
    parameters.put_parameter(Name="/probe", Value="1", Type="String")

    assert secrets.get_secret_value(SecretId="probe")["SecretString"] == "{}"
    assert parameters.get_parameter(Name="/probe")["Parameter"]["Value"] == "1"


def test_a_presigned_upload_reaches_the_bucket(services: RunningServices) -> None:
    s3 = aws(services, "s3", services.endpoints.s3_url)
    s3.create_bucket(Bucket="presigned")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "presigned", "Key": "uploads/a b.txt"})

    httpx.put(url, content=b"text").raise_for_status()

    assert s3.get_object(Bucket="presigned", Key="uploads/a b.txt")["Body"].read() == b"text"


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_every_server_listens_on_loopback_only(services: RunningServices, name: str) -> None:
    pid = services.pid(name)
    assert pid is not None

    listening = [c.laddr.ip for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]

    assert listening
    assert set(listening) <= {"127.0.0.1", "::ffff:127.0.0.1"}


@pytest.mark.parametrize("name", ["secrets/neo4j-password", "run/neo4j.json"])
def test_files_with_the_password_are_private(services: RunningServices, name: str) -> None:
    assert stat.S_IMODE((services.folder.root / name).stat().st_mode) == 0o600


def test_the_password_is_on_no_command_line(services: RunningServices) -> None:
    lines = [
        " ".join(process.cmdline()) for process in psutil.Process(services.supervisor_pid).children(recursive=True)
    ]

    assert lines
    assert not any(services.endpoints.neo4j_password in line for line in lines)


def test_a_folder_of_any_name_holds_all_that_its_servers_write(tmp_path: Path) -> None:
    """Java reads properties files as Latin-1, and takes backslashes for escapes."""
    folder = tmp_path / "données \\u0041 日本 \N{GRINNING FACE}"
    with running_services(folder, only=["neo4j", "s3", "valkey"]) as services:
        s3 = aws(services, "s3", services.endpoints.s3_url)
        s3.create_bucket(Bucket="probe")
        s3.put_object(Bucket="probe", Key="key", Body=b"here")

    assert (folder / "s3" / "probe" / "key").read_bytes() == b"here"
    assert (folder / "logs" / "neo4j" / "debug.log").is_file()
    assert list(tmp_path.iterdir()) == [folder]
