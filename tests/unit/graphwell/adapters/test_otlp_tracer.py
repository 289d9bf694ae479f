"""Spans as an OpenTelemetry collector gets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.otlp_collector import Collector, collecting
from devstack.ports import choose_ports
from graphwell.adapters.otlp_tracer import OtlpTracer
from graphwell.domain.circuit_breaker import BreakerPolicy, BreakerState, CircuitBreaker


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
def tracer(collector: Collector) -> OtlpTracer:
    return OtlpTracer(collector.endpoint, "query", "test")


def test_spans_are_there_when_the_root_ends(tracer: OtlpTracer, collector: Collector) -> None:
    with tracer.root("POST /v1/query", tenant="acme"), tracer.span("neo4j", leg="vector"):
        pass
    child, root = collector.spans
    assert (root.name, root.service, root.parent, root.annotations) == (
        "POST /v1/query",
        "query",
        "",
        {"tenant": "acme"},
    )
    assert (child.name, child.annotations) == ("neo4j", {"leg": "vector"})
    assert (child.trace, child.parent) == (root.trace, root.id)


def test_what_a_message_carries_makes_its_receivers_spans_part_of_the_trace(
    tracer: OtlpTracer, collector: Collector
) -> None:
    with tracer.root("POST /v1/documents"):
        carried = tracer.carrier()
    with OtlpTracer(collector.endpoint, "embed", "test").root("embed", carried):
        pass
    sender, receiver = collector.spans
    assert receiver.service == "embed"
    assert (receiver.trace, receiver.parent) == (sender.trace, sender.id)


@pytest.mark.parametrize("carried", ["", "nonsense", "Root=1-5e645f3e-1dfad076a177c5ccc5de12f5;Parent=x;Sampled=1"])
def test_what_is_no_traceparent_begins_a_trace(tracer: OtlpTracer, collector: Collector, carried: str) -> None:
    with tracer.root("outer"), tracer.root("embed", carried):
        pass
    inner, outer = collector.spans
    assert inner.parent == ""
    assert inner.trace != outer.trace


def test_outside_of_a_span_nothing_is_carried(tracer: OtlpTracer) -> None:
    assert tracer.carrier() == ""


def test_an_error_is_told_by_its_class_and_never_by_its_text(tracer: OtlpTracer, collector: Collector) -> None:
    with pytest.raises(ValueError, match="secret"), tracer.root("outer"), tracer.span("inner"):
        raise ValueError("secret")
    assert [span.error for span in collector.spans] == ["ValueError", "ValueError"]
    assert "secret" not in repr(collector.spans)


def test_a_collector_that_is_away_is_left_alone_and_holds_nobody_up() -> None:
    (port,) = choose_ports(["nobody"], {}).values()
    breaker = CircuitBreaker("traces", BreakerPolicy(failures=2))
    tracer = OtlpTracer(f"http://127.0.0.1:{port}", "query", "test", breaker)
    done = []
    for number in range(3):
        with tracer.root("POST /v1/query"):
            done.append(number)
    assert done == [0, 1, 2]
    assert breaker.state is BreakerState.OPEN
