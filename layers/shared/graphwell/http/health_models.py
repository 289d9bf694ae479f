"""Replies of the health routes, apart from the others so that their function does not build those at each start."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class HealthReply(BaseModel):
    """Liveness."""

    status: Literal["healthy"]


class CheckReply(BaseModel):
    """State of one part."""

    status: Literal["healthy", "degraded", "unhealthy"]
    latency_ms: float
    detail: dict[str, str | int | float]
    error: str | None = None


class ReadinessReply(BaseModel):
    """State of the whole; the parts are listed for administrators only."""

    status: Literal["healthy", "degraded", "unhealthy"]
    checks: dict[str, CheckReply] | None = None
