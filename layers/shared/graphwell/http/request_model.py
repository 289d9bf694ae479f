"""What all request bodies share. The names and keys of bodies and replies are the contract with callers outside."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def documented(**keywords: Any) -> Any:
    """Return a field whose JSON schema has these keywords; the domain checks them, and says what to change."""
    return Field(json_schema_extra=keywords)


class RequestModel(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")
