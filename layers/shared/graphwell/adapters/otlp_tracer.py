"""Spans to an OpenTelemetry collector, by OTLP over HTTP: for Jaeger, Tempo and the like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from graphwell.domain.circuit_breaker import CircuitBreaker
from graphwell.domain.errors import CircuitOpen

EXPORT_S = 1.0
"""Longest that an invocation waits for the collector, which should be near."""

_HEADER = "traceparent"


class OtlpTracer:
    """The `Tracer` port. Spans leave when the root ends: Lambda freezes what would send them later.

    A collector that is away costs `EXPORT_S` a few times, and then its spans and nothing else.

    Parameters:
        endpoint: address of the collector, such as http://localhost:4318; the OTEL_EXPORTER_OTLP_HEADERS of the
            environment go with each request.
        service: name of the function.
        breaker: that of the collector; one of its own when None.
    """

    def __init__(self, endpoint: str, service: str, stage: str, breaker: CircuitBreaker | None = None) -> None:
        resource = Resource.create({"service.name": service, "deployment.environment.name": stage})
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_S)
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(_Guarded(exporter, breaker or CircuitBreaker("traces"))))
        self._tracer = self._provider.get_tracer("graphwell")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def root(self, name: str, carrier: str = "", **annotations: str) -> Iterator[None]:
        """Time an invocation or a message, and send what was timed; see the port."""
        cause = self._propagator.extract({_HEADER: carrier}, Context())
        try:
            with self._timed(name, annotations, cause):
                yield
        finally:
            self._provider.force_flush()

    def span(self, name: str, **annotations: str) -> AbstractContextManager[None]:
        """Time a part of the current span; see the port."""
        return self._timed(name, annotations)

    def carrier(self) -> str:
        """Return the W3C traceparent of the current span; empty outside of one."""
        headers: dict[str, str] = {}
        self._propagator.inject(headers)
        return headers.get(_HEADER, "")

    @contextmanager
    def _timed(self, name: str, annotations: dict[str, str], parent: Context | None = None) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name, parent, attributes=annotations, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise


class _NotTakenError(Exception):
    pass


class _Guarded(SpanExporter):
    """Leaves a collector that fails alone for a while."""

    def __init__(self, exporter: SpanExporter, breaker: CircuitBreaker) -> None:
        self._exporter = exporter
        self._breaker = breaker

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        def send() -> SpanExportResult:
            result = self._exporter.export(spans)
            if result is not SpanExportResult.SUCCESS:
                raise _NotTakenError
            return result

        try:
            return self._breaker.call(send, is_failure=lambda error: isinstance(error, _NotTakenError))
        except (_NotTakenError, CircuitOpen):
            return SpanExportResult.FAILURE

    def shutdown(self) -> None:
        self._exporter.shutdown()
