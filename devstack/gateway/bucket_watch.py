"""S3 event notifications for a server that emits none: objects are found by listing and announced at least once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from devstack.gateway.resource_view import Notification
from devstack.gateway.watch_journal import WatchJournal

_INTERVAL_S = 1.0
_REST_SHARE = 10
"""A listing that takes long is followed by ten times its own time of rest."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ObjectVersion:
    """An object as a listing shows it."""

    key: str
    etag: str
    size_bytes: int
    modified_at: datetime

    @property
    def fingerprint(self) -> str:
        """Changes when the object is written again."""
        return f"{self.etag} {self.size_bytes} {self.modified_at.isoformat()}"


class BucketWatch:
    """Sends the notifications of one bucket configuration."""

    def __init__(
        self,
        notification: Notification,
        journal: WatchJournal,
        *,
        list_objects: Callable[[str, str], Iterable[ObjectVersion]],
        send: Callable[[str], object],
        region: str,
    ) -> None:
        """Watch a bucket.

        Parameters:
            notification: what to look for and where to send it.
            journal: what was sent already; survives restarts.
            list_objects: lists a bucket below a prefix.
            send: puts a message body into the queue.
            region: region of the bucket.
        """
        self._notification = notification
        self._journal = journal
        self._list = list_objects
        self._send = send
        self._region = region
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watch in the background."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop watching, after the scan under way."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    def scan(self) -> int:
        """Send an event for each object that is new or changed since the last scan; return how many. Blocks."""
        watched = self._notification
        listed = [item for item in self._list(watched.bucket, watched.prefix) if watched.covers(item.key)]
        # Another notification may send other keys of the bucket to the same queue.
        every = self._journal.sent(watched.bucket, watched.queue_arn)
        sent = {key: fingerprint for key, fingerprint in every.items() if watched.covers(key)}
        changed = [item for item in listed if sent.get(item.key) != item.fingerprint]
        for item in changed:
            self._send(created_event(watched, item, self._region))
            self._journal.record(watched.bucket, watched.queue_arn, item.key, item.fingerprint)
        self._journal.forget(watched.bucket, watched.queue_arn, set(sent) - {item.key for item in listed})
        return len(changed)

    async def _watch(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await asyncio.to_thread(self.scan)
            except Exception as error:  # noqa: BLE001 - whatever the servers do, watching goes on
                _log.warning("Watching the bucket %s failed: %s", self._notification.bucket, error)
            rest_s = max(_INTERVAL_S, _REST_SHARE * (time.monotonic() - began))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest_s):
                    await self._stopping.wait()


def created_event(notification: Notification, item: ObjectVersion, region: str) -> str:
    """Return S3's event message for a created object, as JSON; the key is URL-encoded, as S3 does it."""
    record: dict[str, Any] = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": item.modified_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "local"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "local", "x-amz-id-2": "local"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "local",
            "bucket": {
                "name": notification.bucket,
                "ownerIdentity": {"principalId": "local"},
                "arn": f"arn:aws:s3:::{notification.bucket}",
            },
            "object": {
                "key": quote_plus(item.key, safe="/"),
                "size": item.size_bytes,
                "eTag": item.etag.strip('"'),
                "sequencer": f"{int(item.modified_at.timestamp() * 1e6):016X}",
            },
        },
    }
    return json.dumps({"Records": [record]})
