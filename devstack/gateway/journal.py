"""Small SQLite files that let a restarted stack go on where it was killed."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def open_journal(path: Path, schema: str) -> sqlite3.Connection:
    """Open a journal, which is made with `schema` when it is missing.

    A commit is not flushed to the disk: a record lost with the machine means work done twice or a wait, never work
    that is lost.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(schema)
    return database
