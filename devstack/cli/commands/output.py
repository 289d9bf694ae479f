"""How commands print: JSON for programs, harmless text for terminals."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import typer

from devstack.errors import UsageError

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_json(value: Any) -> None:
    """Print value as JSON on stdout; ASCII only, so that it passes through any terminal and pipe."""
    typer.echo(json.dumps(value, indent=2))


def check_output(path: Path | None) -> None:
    """Refuse a file that could not be written at the end, before the work for it begins.

    Raises:
        UsageError: its folder does not exist, or it is a folder itself.
    """
    if path is None:
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} to write {path.name} into; make it first.")


def printable(text: str) -> str:
    """Return text without what could steer a terminal or break its encoding; documents and file names hold anything."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "replace").decode()


def one_line(text: str, max_length: int) -> str:
    """Return text on one line, shortened at a word where possible."""
    flat = " ".join(printable(text).split())
    if len(flat) <= max_length:
        return flat
    cut = flat[: max_length - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[max_length // 2 :] else cut).rstrip() + "…"
