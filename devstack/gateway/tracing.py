"""Trace headers as X-Ray has them."""

from __future__ import annotations

import os
import time


def trace_id() -> str:
    """Return a new X-Ray trace header, not sampled."""
    return f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()};Parent={os.urandom(8).hex()};Sampled=0"
