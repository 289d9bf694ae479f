"""What API Gateway leaves before a path under a domain of the API's own."""

from __future__ import annotations


def without_base_path(path: str, base_path: str) -> str:
    """Return a path without that.

    Parameters:
        base_path: first part of all paths, without slashes; empty for none.
    """
    before = f"/{base_path}"
    return path.removeprefix(before) if base_path and path.startswith(f"{before}/") else path
