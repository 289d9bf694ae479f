"""Which objects were announced, in a small SQLite file: a restart neither loses an event nor sends them all again."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from devstack.gateway.journal import open_journal

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sent (
    bucket TEXT NOT NULL, queue TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
    PRIMARY KEY (bucket, queue, key)
) WITHOUT ROWID
"""


class WatchJournal:
    """What was sent, by bucket, queue and key."""

    def __init__(self, path: Path) -> None:
        """Open the journal, which is made when it is missing."""
        self._database = open_journal(path, _SCHEMA)

    def sent(self, bucket: str, queue: str) -> dict[str, str]:
        """Return the version that was last sent of each object, by key."""
        rows = self._database.execute(
            "SELECT key, fingerprint FROM sent WHERE bucket = ? AND queue = ?", (bucket, queue)
        )
        return dict(rows.fetchall())

    def record(self, bucket: str, queue: str, key: str, fingerprint: str) -> None:
        """Note that this version was sent."""
        self._database.execute("INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?)", (bucket, queue, key, fingerprint))

    def forget(self, bucket: str, queue: str, keys: Collection[str]) -> None:
        """Forget objects that are gone, so that they count as new when they come back."""
        if keys:
            gone = [(bucket, queue, key) for key in keys]
            self._database.executemany("DELETE FROM sent WHERE bucket = ? AND queue = ? AND key = ?", gone)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
