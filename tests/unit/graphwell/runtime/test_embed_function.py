"""The entry point that embeds: what is held while a message is worked on."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graphwell.adapters.untraced import UNTRACED
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable

EMBED = Path(__file__).parents[4] / "functions" / "embed" / "app.py"
MESSAGE = {"tenant_id": "acme", "chunk_ids": ["a~1~0"]}


class FakeLease:
    """Notes what comes out of the messages that it holds."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    @contextmanager
    def held(self, _receipt_handle: str, _receives: int) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.failures.append(error)
            raise


def test_a_message_is_held_and_bounded_from_the_first_look_at_the_graph() -> None:
    app = runpy.run_path(str(EMBED))
    deadlines: list[Deadline | None] = []

    class Shard:
        @property
        def embed_chunks(self) -> Any:
            deadlines.append(Deadline.current())
            raise Unavailable("The graph does not answer.")

    lease = FakeLease()
    vars(app["container"]).update(tracer=UNTRACED, embed_lease=lease, of=lambda _scope: Shard())
    record = SimpleNamespace(
        body=json.dumps(MESSAGE),
        receipt_handle="receipt",
        attributes=SimpleNamespace(approximate_receive_count="1"),
    )
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000, aws_request_id="request")
    with pytest.raises(Unavailable) as failure:
        app["embed"](record, context)
    assert lease.failures == [failure.value]
    assert deadlines != [None]
