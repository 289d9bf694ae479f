"""New and changed objects are announced at least once, also over restarts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devstack.gateway.bucket_watch import BucketWatch, ObjectVersion
from devstack.gateway.resource_view import Notification
from devstack.gateway.watch_journal import WatchJournal

WATCHED = Notification("bucket", "arn:queue", "in/", ".txt")
FILE = ObjectVersion("in/a b.txt", '"e1"', 5, datetime(2026, 1, 2, tzinfo=UTC))


class FakeServers:
    """A bucket's listing and a queue."""

    def __init__(self, *objects: ObjectVersion) -> None:
        self.objects = list(objects)
        self.sent: list[str] = []
        self.failing = False

    def list_objects(self, bucket: str, prefix: str) -> list[ObjectVersion]:
        assert bucket == "bucket"
        return [item for item in self.objects if item.key.startswith(prefix)]

    def send(self, body: str) -> None:
        if self.failing:
            raise ConnectionError("away")
        self.sent.append(json.loads(body)["Records"][0]["s3"]["object"]["key"])


def _watch(servers: FakeServers, journal: Path) -> BucketWatch:
    return BucketWatch(
        WATCHED, WatchJournal(journal), list_objects=servers.list_objects, send=servers.send, region="us-east-1"
    )


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "watch.sqlite"


def test_a_new_object_is_announced_once_with_its_key_url_encoded(journal: Path) -> None:
    servers = FakeServers(FILE)
    watch = _watch(servers, journal)

    assert [watch.scan(), watch.scan()] == [1, 0]
    assert servers.sent == ["in/a+b.txt"]


def test_objects_outside_prefix_and_suffix_are_not_announced(journal: Path) -> None:
    servers = FakeServers(replace(FILE, key="out/a.txt"), replace(FILE, key="in/a.md"))

    assert _watch(servers, journal).scan() == 0


def test_a_restart_announces_nothing_again(journal: Path) -> None:
    servers = FakeServers(FILE)
    _watch(servers, journal).scan()

    assert _watch(servers, journal).scan() == 0


def test_an_object_written_again_is_announced_again(journal: Path) -> None:
    servers = FakeServers(FILE)
    watch = _watch(servers, journal)
    watch.scan()
    servers.objects = [replace(FILE, modified_at=datetime(2026, 1, 3, tzinfo=UTC))]

    assert watch.scan() == 1


def test_an_object_that_was_deleted_and_comes_back_is_announced_again(journal: Path) -> None:
    servers = FakeServers(FILE)
    watch = _watch(servers, journal)
    for objects in ([FILE], [], [FILE]):
        servers.objects = objects
        watch.scan()

    assert len(servers.sent) == 2


def test_an_event_that_could_not_be_sent_is_sent_by_the_next_scan(journal: Path) -> None:
    servers = FakeServers(FILE)
    watch = _watch(servers, journal)
    servers.failing = True
    with pytest.raises(ConnectionError):
        watch.scan()
    servers.failing = False

    assert watch.scan() == 1


def test_two_notifications_of_one_queue_do_not_forget_each_others_objects(journal: Path) -> None:
    servers = FakeServers(FILE, replace(FILE, key="in/a.md"), replace(FILE, key="out/a.txt"))
    watches = [
        BucketWatch(
            notification,
            WatchJournal(journal),
            list_objects=servers.list_objects,
            send=servers.send,
            region="us-east-1",
        )
        for notification in (WATCHED, replace(WATCHED, suffix=".md"), replace(WATCHED, prefix="out/"))
    ]

    assert [watch.scan() for watch in watches] == [1, 1, 1]
    assert [watch.scan() for watch in watches] == [0, 0, 0]
