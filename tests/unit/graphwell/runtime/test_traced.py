"""A unit of work, and what it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graphwell.adapters.untraced import UNTRACED, Untraced
from graphwell.domain.origin import Origin
from graphwell.runtime.observability import logger
from graphwell.runtime.traced import traced


class Recorder(Untraced):
    """Remembers roots; inside one, its trace is "here"."""

    def __init__(self) -> None:
        self.roots: list[tuple[str, str, dict[str, str]]] = []
        self._open = False

    @contextmanager
    def root(self, name: str, carrier: str = "", **annotations: str) -> Iterator[None]:
        self.roots.append((name, carrier, annotations))
        self._open = True
        yield
        self._open = False

    def carrier(self) -> str:
        return "here" if self._open else ""


def test_what_is_done_within_knows_where_it_came_from() -> None:
    recorder = Recorder()
    with traced(recorder, "embed", Origin("request", "there"), tenant="acme"):
        assert Origin.current() == Origin("request", "here")
    assert Origin.current() is None
    assert recorder.roots == [("embed", "there", {"tenant": "acme"})]


def test_without_a_tracer_the_trace_is_passed_on() -> None:
    with traced(UNTRACED, "embed", Origin("request", "there")):
        assert Origin.current() == Origin("request", "there")


def test_log_lines_carry_the_id_of_the_request() -> None:
    with traced(UNTRACED, "embed", Origin("request")):
        assert logger.get_correlation_id() == "request"
