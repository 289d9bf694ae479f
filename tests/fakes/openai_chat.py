"""A chat model at an address, as the wiring makes one."""

from __future__ import annotations

from collections.abc import Callable

from graphwell.adapters.openai_chat import OpenAIChat
from graphwell.adapters.openai_client import OpenAIClient


def chat_at(url: str, sleep: Callable[[float], None] | None = None) -> OpenAIChat:
    """Return the model that is served under an address."""
    return OpenAIChat("m", OpenAIClient(base_url=url, api_key=lambda: "key", sleep=sleep))
