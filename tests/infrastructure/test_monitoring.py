"""Alarms and dashboard: they watch what is really emitted, and each alarm has its section in the runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from devstack.gateway.document import load_document
from graphwell.adapters.neo4j_pool_use import PoolUse
from graphwell.domain.agent.steps import Stop
from graphwell.domain.circuit_breaker import BreakerState
from graphwell.domain.deadline import Deadline
from graphwell.domain.model_use import ModelCall, TokenPrices
from graphwell.domain.passages import SearchMode, Usage
from graphwell.domain.tenancy import TenantScope
from graphwell.runtime import measures
from graphwell.runtime.container import Container
from graphwell.runtime.observability import metrics, record_breaker
from graphwell.runtime.settings import Settings
from graphwell.usecases.kept_answers import CacheHit
from graphwell.usecases.reconcile import Repairs
from graphwell.usecases.search import Search, SearchRequest
from tests.emf import emitted
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.search import FakePassageGraph, FakePassageIndex, FakeTermCounter

Resources = Mapping[str, Mapping[str, Any]]
Metric = tuple[str, str, frozenset[str]]
"""Namespace, name, and names of dimensions."""

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
OWN = "{'Ref': 'MetricsNamespace'}"
SERVICE = frozenset({"service"})

API = frozenset({"ApiName", "Stage"})
ROUTE = API | {"Resource", "Method"}
FUNCTION = frozenset({"FunctionName"})
QUEUE = frozenset({"QueueName"})
OF_AWS: set[Metric] = {
    *(("AWS/ApiGateway", name, of) for name in ("Count", "4XXError", "5XXError", "Latency") for of in (API, ROUTE)),
    *(
        ("AWS/Lambda", name, FUNCTION)
        for name in ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions")
    ),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", QUEUE),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", QUEUE),
    ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", QUEUE),
    ("AWS/WAFV2", "BlockedRequests", frozenset({"WebACL", "Region", "Rule"})),
}
"""What AWS itself publishes, as its pages on metrics of each service list it."""


@pytest.fixture(scope="module")
def monitoring(root: Path) -> Mapping[str, Any]:
    return load_document(root / "monitoring.yaml")


@pytest.fixture(scope="module")
def alarms(monitoring: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in monitoring["Resources"].items()
        if resource["Type"] in {ALARM, COMPOSITE}
    }


@pytest.fixture(scope="module")
def widgets(monitoring: Mapping[str, Any]) -> list[dict[str, Any]]:
    body = monitoring["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


@pytest.fixture
def own_metrics(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> set[Metric]:
    """What a function emits when all that any can tell of happens."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "query")
    monkeypatch.setattr(metrics.provider, "service", "query")
    metrics.flush_metrics()
    capsys.readouterr()
    search = Search(
        FakeEmbedder(), FakePassageIndex(), FakeTermCounter(), FakeMetadataKeys().declared, FakePassageGraph
    )
    found = search(TenantScope("acme"), SearchRequest("boiler", mode=SearchMode.GRAPH), Deadline.after(5))
    measures.record_search(found.timings_ms, ())
    for cache_hit in (None, *CacheHit):
        measures.record_answer(cache_hit, grounded=False, degraded=())
    measures.record_agent((), Stop.DONE)
    for call in ModelCall:
        measures.record_model_use(TokenPrices(1, 1), call, Usage(1, 1))
    measures.record_pool_use(PoolUse(0.001, 1, 1))
    measures.record_rate_limited()
    measures.record_token_refused()
    measures.record_recall(1.0)
    for name in ("embedding", "vector", "fulltext", "cache", "limits", "llm", "rerank"):
        measures.record_search({}, (name,))
    for part in parts_with_a_breaker():
        measures.record_retry(part)
    with measures.measured():
        pass
    measures.record_embedded(1, 1)
    measures.record_repairs(asdict(Repairs(1, 1, 1, 1, 1)))
    record_breaker("neo4j", BreakerState.OPEN, "neo4j@large")
    metrics.flush_metrics()
    return {
        (OWN, metric.name, frozenset(name for name, _ in metric.dimensions))
        for metric in emitted(capsys.readouterr().out)
    } | {(OWN, "ColdStart", frozenset({"function_name", "service"}))}  # Powertools' own


def parts_with_a_breaker() -> set[str]:
    """Return what stands behind a circuit breaker."""
    settings = Settings.model_construct(token_issuer="", token_audience="", jwks_url="", neo4j_uri="", neo4j_secret="")
    container = Container(settings)
    return {*container.breakers, *(part for shard in container.shards.values() for part in shard.breakers)}


def watched(alarms: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Metric]]:
    """Give every metric that an alarm looks at, with the alarm's name."""
    for name, alarm in alarms.items():
        parts = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
        for part in parts or ([alarm] if "MetricName" in alarm else []):
            dimensions = frozenset(dimension["Name"] for dimension in part["Dimensions"])
            yield name, (str(part["Namespace"]), part["MetricName"], dimensions)


def drawn(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, Metric]]:
    """Give every metric that a widget draws, with the widget's title."""
    for widget in widgets:
        for line in widget["properties"].get("metrics", []):
            words = [word for word in line if isinstance(word, str)]
            if words:
                namespace = OWN if words[0] == "${MetricsNamespace}" else words[0]
                yield widget["properties"]["title"], (namespace, words[1], frozenset(words[2::2]))


def test_all_that_is_watched_and_drawn_is_emitted(
    alarms: dict[str, Mapping[str, Any]], widgets: list[dict[str, Any]], own_metrics: set[Metric]
) -> None:
    looked_at = [*watched(alarms), *drawn(widgets)]
    assert len(looked_at) > 80
    assert [found for found in looked_at if found[1] not in OF_AWS | own_metrics] == []


def test_each_part_that_is_watched_and_drawn_has_a_breaker(
    alarms: dict[str, Mapping[str, Any]], widgets: list[dict[str, Any]]
) -> None:
    watched_parts = re.findall(r"'Name': 'part', 'Value': '(\w+)'", str(alarms))
    drawn_parts = re.findall(r"'part', '(\w+)'", str(widgets))
    assert {*watched_parts} <= {*drawn_parts} == parts_with_a_breaker()


def test_a_refused_token_is_no_failure_of_the_authorizer(alarms: dict[str, Mapping[str, Any]]) -> None:
    """Lambda counts the exception by which API Gateway is told 401 as an error."""
    failures, *counted = alarms["AuthorizerErrors"]["Metrics"]
    assert failures["Expression"] == "IF(errors > 1.1 * FILL(refused, 0), errors - FILL(refused, 0), 0)"
    names = {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in counted}
    assert names == {"errors": "Errors", "refused": "tokens_refused"}


def test_each_model_that_serves_is_watched(alarms: dict[str, Mapping[str, Any]]) -> None:
    """After a move the model that serves is the next one, until the settings name it as the first."""
    watched_parts = set(re.findall(r"'Name': 'part', 'Value': '(\w+)'", str(alarms["ModelAway"])))
    assert watched_parts == parts_with_a_breaker() - {"neo4j", "valkey", "vector", "fulltext"}


@pytest.mark.parametrize("name", ["Neo4jAway", "ValkeyAway", "ModelAway"])
def test_one_environment_whose_breaker_opens_again_and_again_reaches_the_alarm(
    alarms: dict[str, Mapping[str, Any]], template: Mapping[str, Any], name: str
) -> None:
    alarm = alarms[name]
    period_s = alarm.get("Period") or alarm["Metrics"][-1]["MetricStat"]["Period"]
    longest_s = template["Parameters"]["BreakerSeconds"]["MaxValue"]
    assert alarm["DatapointsToAlarm"] * longest_s <= alarm["EvaluationPeriods"] * period_s


def test_each_function_with_a_reserve_of_its_own_is_watched_for_throttles(
    alarms: dict[str, Mapping[str, Any]], functions: Mapping[str, Mapping[str, Any]]
) -> None:
    watched_functions = set(re.findall(r"'Ref': '(\w+Function)'", str(alarms["Throttled"])))
    assert watched_functions == {name for name, each in functions.items() if "ReservedConcurrentExecutions" in each}


def test_each_service_that_is_drawn_is_a_function(
    widgets: list[dict[str, Any]], functions: Mapping[str, Mapping[str, Any]]
) -> None:
    services = {fields["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for fields in functions.values()}
    named = {
        line[line.index("service") + 1]
        for widget in widgets
        for line in widget["properties"].get("metrics", [])
        if "service" in line
    }
    assert named <= services


def test_each_alarm_tells_and_says_where_to_read_on(alarms: dict[str, Mapping[str, Any]], root: Path) -> None:
    sections = re.findall(r"^## (\w+)$", (root / "docs" / "runbook.md").read_text(), re.MULTILINE)
    rules = " ".join(str(alarm.get("AlarmRule")) for alarm in alarms.values())
    told = set()
    for name, alarm in alarms.items():
        anchor = re.search(r"\$\{RunbookUrl\}#(\w+)\Z", alarm["AlarmDescription"]["Fn::Sub"])
        assert anchor, name
        if f"${{{name}}}" in rules:  # part of a composite alarm, which tells for it
            assert "AlarmActions" not in alarm, name
            continue
        assert anchor[1] == name.lower()
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}], name
        told.add(name)
    assert [section for section in sections if section in told] == sections
    assert set(sections) == told


def test_alarms_on_what_must_never_happen_do_not_sleep_through_missing_data(
    alarms: dict[str, Mapping[str, Any]],
) -> None:
    breaching = {name for name, alarm in alarms.items() if alarm.get("TreatMissingData") == "breaching"}
    assert breaching == {"ReconcileSilent"}
    assert all(alarm["TreatMissingData"] for alarm in alarms.values() if "AlarmRule" not in alarm)


def test_the_dashboard_shows_every_alarm_that_tells(
    alarms: dict[str, Mapping[str, Any]], widgets: list[dict[str, Any]]
) -> None:
    (status,) = [widget for widget in widgets if widget["type"] == "alarm"]
    telling = {f"${{{name}.Arn}}" for name, alarm in alarms.items() if "AlarmActions" in alarm}
    assert set(status["properties"]["alarms"]) == telling


def test_the_stack_gives_its_monitoring_all_that_it_asks_for(
    monitoring: Mapping[str, Any], resources: Resources, functions: Mapping[str, Mapping[str, Any]]
) -> None:
    given = resources["Monitoring"]["Properties"]
    assert given["Location"] == "monitoring.yaml"
    assert given["Parameters"].keys() == monitoring["Parameters"].keys()
    for name in monitoring["Parameters"].keys() & functions.keys():
        assert given["Parameters"][name] == {"Ref": name}


def test_metrics_of_two_stacks_do_not_mix(functions: Mapping[str, Mapping[str, Any]], resources: Resources) -> None:
    namespaces = {json.dumps(f["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]) for f in functions.values()}
    namespace = resources["Monitoring"]["Properties"]["Parameters"]["MetricsNamespace"]
    assert namespaces == {json.dumps(namespace)}
    assert "${AWS::StackName}" in namespace["Fn::Sub"]
