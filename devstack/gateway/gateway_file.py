"""Where a running gateway says how to reach it: gateway.json in the data folder."""

from __future__ import annotations

import json
from pathlib import Path

from devstack.errors import DevstackError

_NAME = "gateway.json"


def write_gateway_file(data_dir: Path, *, url: str, management_url: str, pid: int) -> None:
    """Note the addresses of this process's gateway, all at once."""
    unfinished = data_dir / f"{_NAME}.new"
    unfinished.write_text(json.dumps({"url": url, "management_url": management_url, "pid": pid}), "utf-8")
    unfinished.rename(data_dir / _NAME)


def remove_gateway_file(data_dir: Path) -> None:
    """Note that the gateway is gone."""
    (data_dir / _NAME).unlink(missing_ok=True)


def read_management_url(data_dir: Path) -> str:
    """Return the address of the running stack's Invoke API and status.

    Raises:
        DevstackError: no stack runs on this folder.
    """
    try:
        return str(json.loads((data_dir / _NAME).read_text("utf-8"))["management_url"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DevstackError(
            f"No local stack runs on {data_dir}; start it with `graphwell up`, or name its folder by --data."
        ) from error
