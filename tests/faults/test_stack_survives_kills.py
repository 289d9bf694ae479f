"""kill -9 of any server, or of what supervises them, loses nothing that was acknowledged and leaves nothing running."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
import redis
from neo4j import GraphDatabase

from devstack.endpoints import Endpoints
from devstack.services.group import SERVICE_NAMES
from devstack.state import Status
from devstack.testing import RunningServices, running_services

pytestmark = pytest.mark.faults

_DEADLINE_S = 120.0
_DURABLE = ["neo4j", "valkey", "sqs", "dynamodb", "s3"]


class Traces:
    """One acknowledged write in each server that keeps data, and the way to find it again."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._at = endpoints

    def leave(self, mark: str) -> None:
        with self._graph() as driver:
            driver.execute_query("CREATE (:Trace {mark: $mark})", mark=mark)
        with redis.Redis.from_url(self._at.valkey_url) as client:
            client.set(f"trace:{mark}", mark)
            await_append_only_file(client)
        sqs = self._aws("sqs", self._at.sqs_url)
        sqs.send_message(QueueUrl=sqs.create_queue(QueueName=f"trace-{mark}")["QueueUrl"], MessageBody=mark)
        dynamodb = self._aws("dynamodb", self._at.dynamodb_url)
        dynamodb.create_table(
            TableName=f"trace-{mark}",
            KeySchema=[{"AttributeName": "mark", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "mark", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName=f"trace-{mark}", Item={"mark": {"S": mark}})
        s3 = self._aws("s3", self._at.s3_url)
        s3.create_bucket(Bucket=f"trace-{mark}")
        s3.put_object(Bucket=f"trace-{mark}", Key="mark", Body=mark.encode())

    def found(self, mark: str) -> dict[str, bool]:
        with self._graph() as driver, redis.Redis.from_url(self._at.valkey_url) as client:
            nodes = driver.execute_query("MATCH (t:Trace {mark: $mark}) RETURN count(t) AS n", mark=mark).records
            value = client.get(f"trace:{mark}")
        sqs = self._aws("sqs", self._at.sqs_url)
        queue = sqs.get_queue_url(QueueName=f"trace-{mark}")["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0).get("Messages", [])
        dynamodb, s3 = self._aws("dynamodb", self._at.dynamodb_url), self._aws("s3", self._at.s3_url)
        item = dynamodb.get_item(TableName=f"trace-{mark}", Key={"mark": {"S": mark}}).get("Item")
        return {
            "neo4j": nodes[0]["n"] == 1,
            "valkey": value == mark.encode(),
            "sqs": [message["Body"] for message in messages] == [mark],
            "dynamodb": item == {"mark": {"S": mark}},
            "s3": s3.get_object(Bucket=f"trace-{mark}", Key="mark")["Body"].read() == mark.encode(),
        }

    def _graph(self) -> Any:
        return GraphDatabase.driver(self._at.neo4j_uri, auth=(self._at.neo4j_username, self._at.neo4j_password))

    def _aws(self, name: str, url: str) -> Any:
        session = boto3.Session("local", "local", region_name=self._at.region)
        return session.client(name, endpoint_url=url)  # type: ignore[call-overload]


def await_append_only_file(client: Any) -> None:
    """Wait until what was written is in the append-only file.

    With `appendfsync everysec` Valkey puts a write off for up to two seconds while an earlier one is being flushed. In
    a kill such a write, a cached answer or a count, may be lost although it was acknowledged.
    """
    assert client.execute_command("WAITAOF", 1, 0, 10_000)[0] == 1


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {_DEADLINE_S:.0f} s"
        time.sleep(0.05)


def is_ready_again(running: RunningServices, name: str) -> bool:
    state = running.folder.read_state()
    return state is not None and state.services[name].restarts == 1 and state.services[name].status is Status.READY


def test_what_was_acknowledged_survives_kills_of_servers_and_of_their_supervisor(tmp_path: Path) -> None:
    everything = dict.fromkeys(_DURABLE, True)
    with running_services(tmp_path) as running:
        traces = Traces(running.endpoints)
        traces.leave("first")

        for name in SERVICE_NAMES:
            os.kill(running.pid(name) or 0, signal.SIGKILL)
        for name in SERVICE_NAMES:
            wait_until(lambda name=name: is_ready_again(running, name), f"restart of {name}")  # type: ignore[misc]

        assert traces.found("first") == everything
        traces.leave("second")

        family = psutil.Process(running.supervisor_pid).children(recursive=True)
        assert len(family) >= len(SERVICE_NAMES)
        os.kill(running.supervisor_pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(family, timeout=_DEADLINE_S)
        assert alive == []

    with running_services(tmp_path) as again:
        assert again.endpoints == running.endpoints
        assert Traces(again.endpoints).found("first") == everything
        assert Traces(again.endpoints).found("second") == everything


def test_valkey_starts_from_an_append_only_file_that_a_crash_cut_short(tmp_path: Path) -> None:
    with (
        running_services(tmp_path, only=["valkey"]) as running,
        redis.Redis.from_url(running.endpoints.valkey_url) as db,
    ):
        db.set("kept", "1")
        await_append_only_file(db)
        os.kill(running.supervisor_pid, signal.SIGKILL)
    (tail,) = (tmp_path / "valkey" / "appendonlydir").glob("*.incr.aof")
    with tail.open("ab") as out:
        out.write(b"*3\r\n$3\r\nSET\r\n$4\r\nlost\r\n$100\r\nhalf of")

    with running_services(tmp_path, only=["valkey"]) as again, redis.Redis.from_url(again.endpoints.valkey_url) as db:
        assert db.get("kept") == b"1"
        assert db.get("lost") is None


def test_a_search_index_survives_a_kill(tmp_path: Path) -> None:
    with (
        running_services(tmp_path, only=["valkey"]) as running,
        redis.Redis.from_url(running.endpoints.valkey_url, protocol=2) as db,
    ):
        db.execute_command("FT.CREATE", "kept", "PREFIX", 1, "kept:", "SCHEMA", "tenant", "TAG")
        db.hset("kept:1", "tenant", "a")
        await_append_only_file(db)
        os.kill(running.pid("valkey") or 0, signal.SIGKILL)
        wait_until(lambda: is_ready_again(running, "valkey"), "restart of valkey")

        wait_until(
            lambda: db.execute_command("FT.SEARCH", "kept", "@tenant:{a}", "NOCONTENT") == [1, b"kept:1"],
            "indexing of what was there before the kill",
        )
