"""Scripts: what a scripted endpoint replies, request by request."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from devstack.errors import DevstackError
from devstack.scripted_model.words import DIMENSIONS


class ScriptPart(BaseModel):
    """Part of a script; unknown fields are refused, since a misspelt fault would be none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ScriptedCall(ScriptPart):
    """A call of a tool; `arguments` that are a text are sent as they are, broken or not."""

    name: str
    arguments: Mapping[str, Any] | str = Field(default_factory=dict)

    @property
    def written(self) -> str:
        """The arguments as a model writes them."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


class ScriptedReply(ScriptPart):
    """What one request gets; with no field at all, an empty text.

    Parameters:
        text: of the message; to a request for a stream it is sent word by word.
        pieces: the same in pieces of one's own.
        quote: whether the text is the first sentence of the first passage in the prompt.
        tool_calls: tools that the message calls.
        status, retry_after_s: an error in place of a message, and its header.
        raw: a body as it is, such as broken JSON.
        delay_s: wait before the first byte.
        pause_s: wait before each piece of a stream.
        cut: whether the connection breaks in the middle of the reply: before the last piece, or within the body.
        prompt_tokens, completion_tokens: what the reply says that it took.
    """

    text: str = ""
    pieces: tuple[str, ...] = ()
    quote: bool = False
    tool_calls: tuple[ScriptedCall, ...] = ()
    status: int = Field(200, ge=200, le=599)
    retry_after_s: float | None = Field(None, ge=0)
    raw: str | None = None
    delay_s: float = Field(0, ge=0)
    pause_s: float = Field(0, ge=0)
    cut: bool = False
    prompt_tokens: int = Field(10, ge=0)
    completion_tokens: int = Field(5, ge=0)

    @model_validator(mode="after")
    def _say_one_thing(self) -> Self:
        if sum((bool(self.text), bool(self.pieces), self.quote, self.raw is not None)) > 1:
            raise ValueError("give one of text, pieces, quote and raw")
        return self


class Script(ScriptPart):
    """Replies to requests for chat completions, and for embeddings, in order; the last one is given for ever.

    Parameters:
        embeddings: replies to requests for vectors; only their faults count, and without one texts are embedded by
            their words.
        dimensions: length of a vector.
    """

    replies: tuple[ScriptedReply, ...] = (ScriptedReply(quote=True),)
    embeddings: tuple[ScriptedReply, ...] = (ScriptedReply(),)
    dimensions: int = Field(DIMENSIONS, ge=1, le=4096)

    @model_validator(mode="after")
    def _reply_something(self) -> Self:
        if not self.replies or not self.embeddings:
            raise ValueError("a script without replies has nothing to give; leave the list out")
        return self


def read_script(path: Path) -> Script:
    """Return the script in a file.

    Raises:
        DevstackError: there is none.
    """
    try:
        return Script.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DevstackError(f"{path} cannot be read; name a script.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise DevstackError(f"{path} is no script: {place}: {first['msg']}.") from error


class Prompter:
    """Hands out the replies of a list, each once and the last one for ever; safe for several threads."""

    def __init__(self, replies: tuple[ScriptedReply, ...]) -> None:
        self._replies = list(replies)
        self._lock = threading.Lock()

    def next(self) -> ScriptedReply:
        """Return the next reply."""
        with self._lock:
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
