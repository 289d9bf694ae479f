"""Reads the conversation before a question from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from devstack.errors import UsageError


def read_history(path: Path) -> list[dict[str, Any]]:
    """Return the turns of a JSON file, oldest first; the API checks each.

    Raises:
        UsageError: it cannot be read, or holds no JSON list of objects.
    """
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f'{path} is not JSON; write a list of {{"role", "content"}}.') from error
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise UsageError(f'{path} holds no list of turns; write a list of {{"role", "content"}}.')
    return turns
