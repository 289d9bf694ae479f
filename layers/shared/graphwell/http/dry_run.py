"""`?dry_run=true`, of routes that remove things."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import JSONResponse

from graphwell.domain.erasure import Counts
from graphwell.http.job_models import DryRunReply

DryRun = Annotated[bool, Query(description="Only say what would go.")]


def dry_run_reply(counts: Counts) -> JSONResponse:
    """Return the reply of a dry run."""
    return JSONResponse(DryRunReply(counts=dict(counts)).model_dump())
