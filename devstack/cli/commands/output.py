"""How commands print: JSON for programs, harmless text for terminals."""

from __future__ import annotations

import json
import re
from typing import Any

import typer

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_json(value: Any) -> None:
    """Print value as JSON on stdout; ASCII only, so that it passes through any terminal and pipe."""
    typer.echo(json.dumps(value, indent=2))


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
