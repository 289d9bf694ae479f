"""What a chat completion holds, and what a reply took, read from whatever an OpenAI-compatible endpoint sent."""

from __future__ import annotations

import re

from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Usage

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which JSON can hold and no reply of ours: a model is cut off, or streams the halves apart."""


def message_of(reply: object) -> object:
    """Return the message of a completion.

    Raises:
        Unavailable: it is no completion.
    """
    choices = getattr(reply, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    if message is None:
        raise Unavailable("The model's endpoint answered with something else than a chat completion; check its URL.")
    return message


def content_of(reply: object) -> str:
    """Return the text of a completion; empty when the model declined to write one.

    Raises:
        Unavailable: it is no completion.
    """
    content = getattr(message_of(reply), "content", None)
    return _text(content)


def piece_of(chunk: object) -> tuple[str, bool]:
    """Return the text of one piece of a streamed completion, and whether the model says that it is the last."""
    choices = getattr(chunk, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    content = getattr(getattr(choice, "delta", None), "content", None)
    return _text(content), bool(getattr(choice, "finish_reason", None))


def _text(content: object) -> str:
    return _LONE_SURROGATES.sub("", content) if isinstance(content, str) else ""


def usage_of(reply: object, model: str) -> Usage:
    """Return the tokens that a reply took, 0 where it does not tell."""
    usage = getattr(reply, "usage", None)
    counts = (getattr(usage, name, 0) for name in ("prompt_tokens", "completion_tokens"))
    prompt, completion = (count if isinstance(count, int) else 0 for count in counts)
    return Usage(prompt_tokens=prompt, completion_tokens=completion, model=model)
