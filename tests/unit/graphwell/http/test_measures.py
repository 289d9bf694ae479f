"""What requests tell operators: how much, how fast, from where; nothing of whom."""

from __future__ import annotations

import pytest

from graphwell.domain.passages import SearchMode
from graphwell.domain.rate_limits import RateLimits
from graphwell.domain.tenancy import TenantScope
from tests.emf import Emitted, emitted
from tests.fakes.container import FakeContainer
from tests.fakes.search import passage
from tests.unit.graphwell.http.gateway import Gateway

Printed = pytest.CaptureFixture[str]
QUESTION = {"question": "boiler"}


def counted(printed: Printed) -> dict[str, float]:
    """Return the value of each metric since the last call, but of those that every request has; every name once."""
    metrics = [metric for metric in emitted(printed.readouterr().out) if metric.name != "ColdStart"]
    assert len({metric.name for metric in metrics}) == len(metrics)
    values = {metric.name: metric.value for metric in metrics}
    assert values.pop("memory_mb") > 0
    assert values.pop("processor_ms") > 0
    return values


def test_a_search_tells_how_long_its_stages_took(gateway: Gateway, capsys: Printed) -> None:
    gateway.send("POST", "/v1/search", {"query": "boiler"})
    metrics = counted(capsys)
    assert metrics.keys() == {"search_embed_ms", "search_index_ms", "search_fuse_ms", "search_total_ms"}
    assert metrics["search_total_ms"] >= metrics["search_index_ms"] >= 0


def test_what_is_missing_is_told(gateway: Gateway, container: FakeContainer, capsys: Printed) -> None:
    container.embedder.down = True
    gateway.send("POST", "/v1/search", {"query": "boiler"})
    assert counted(capsys)["degraded_embedding"] == 1


def test_an_answer_tells_where_it_came_from(gateway: Gateway, container: FakeContainer, capsys: Printed) -> None:
    container.index.found[SearchMode.VECTOR] = [passage(1, "boiler")]
    gateway.send("POST", "/v1/query", QUESTION)
    assert counted(capsys) == {"answers_computed": 1}
    gateway.send("POST", "/v1/query", QUESTION)
    assert counted(capsys) == {"answers_exact": 1}


def test_a_request_over_its_limit_is_counted(gateway: Gateway, container: FakeContainer, capsys: Printed) -> None:
    container.tenant_settings.stored[TenantScope("acme")] = RateLimits(requests_per_minute=1)
    gateway.send("POST", "/v1/search", {"query": "boiler"})
    capsys.readouterr()
    assert gateway.send("POST", "/v1/search", {"query": "boiler"}).status == 429
    assert counted(capsys) == {"rate_limited": 1}


def test_no_metric_is_of_a_tenant(gateway: Gateway, capsys: Printed) -> None:
    gateway.send("POST", "/v1/search", {"query": "a very private boiler"})
    printed = capsys.readouterr().out
    metrics: list[Emitted] = list(emitted(printed))
    assert metrics
    assert {name for metric in metrics for name, _ in metric.dimensions} <= {"service", "function_name"}
    assert "acme" not in printed
    assert "private" not in printed
