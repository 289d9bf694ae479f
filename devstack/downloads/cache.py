"""The user's cache folder, shared by every checkout and every data folder."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return graphwell's folder under $XDG_CACHE_HOME, which is ~/.cache unless it is set."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "graphwell"
