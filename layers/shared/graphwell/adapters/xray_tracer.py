"""Spans as X-Ray subsegments, by Powertools; Lambda itself makes the segment of each invocation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from aws_lambda_powertools import Tracer as Powertools

_ROOT = re.compile(r"Root=([0-9a-fA-F-]+)")
_NOT_IN_NAMES = re.compile(r"[^\w\s.:/%&#=+\\\-@]")
"""What X-Ray takes in no name, such as the braces of a route."""


class XRayTracer:
    """The `Tracer` port. Outside of Lambda, where nobody takes segments, Powertools switches it off.

    A message's carrier is also sent as its `AWSTraceHeader`, by which Lambda links the receiver's trace.
    """

    def __init__(self) -> None:
        # Its patches of libraries would record addresses and statements; its decorators the text of exceptions.
        self._recorder: Any = Powertools(auto_patch=False).provider

    def root(self, name: str, carrier: str = "", **annotations: str) -> AbstractContextManager[None]:
        """Time an invocation or a message; see the port. The trace that caused it is the annotation `caused_by`."""
        cause = _ROOT.search(carrier)
        return self.span(name, **annotations, **({"caused_by": cause[1]} if cause else {}))

    @contextmanager
    def span(self, name: str, **annotations: str) -> Iterator[None]:
        """Time a part of the current span; see the port."""
        subsegment = self._recorder.begin_subsegment(_NOT_IN_NAMES.sub("_", name))
        for key, value in annotations.items():
            subsegment.put_annotation(key, value)
        try:
            yield
        except Exception as error:
            subsegment.add_fault_flag()
            subsegment.put_annotation("error", type(error).__name__)
            raise
        finally:
            self._recorder.end_subsegment()

    def carrier(self) -> str:
        """Return X-Ray's header of the current span; empty outside of a trace."""
        entity = self._recorder.get_trace_entity()
        trace_id = getattr(entity, "trace_id", None)
        if not trace_id or not entity.sampled:
            return ""
        return f"Root={trace_id};Parent={entity.id};Sampled=1"
