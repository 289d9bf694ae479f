"""What every function of the template keeps to."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphwell.runtime.settings import ReplySettings, Settings

Functions = dict[str, dict[str, Any]]
NAMES = {"authorizer", "query", "ingest", "health", "embed", "extract", "reconcile", "migrate"}
USE_THE_GRAPH = {"query", "ingest", "health", "embed", "extract", "reconcile", "migrate"}
GATEWAY_LIMIT_S = 29
KNOWN_ELSEWHERE = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}


def variables(function: dict[str, Any]) -> dict[str, Any]:
    return dict(function["Environment"]["Variables"])


def statements(function: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in function.get("Policies", []):
        yield from policy.get("Statement", [])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_functions_are_those_of_the_design_each_in_its_folder(functions: Functions, root: Path) -> None:
    assert {name: f["CodeUri"] for name, f in functions.items()} == {
        f"{name.capitalize()}Function": f"functions/{name}" for name in NAMES
    }
    for function in functions.values():
        assert (root / function["CodeUri"] / "app.py").is_file()
        assert function["Handler"] == "app.handler"
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == [{"Ref": "Architecture"}]


def test_functions_name_themselves_in_logs_and_metrics(functions: Functions) -> None:
    for name, function in functions.items():
        own = name.removesuffix("Function")
        assert variables(function)["POWERTOOLS_SERVICE_NAME"] == own.lower()
        assert variables(function)["POWERTOOLS_METRICS_NAMESPACE"] == "graphwell"
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{own}Logs"}
        assert function["Tracing"] == "Active"


def test_every_variable_is_a_setting(functions: Functions) -> None:
    settings = {f"GRAPHWELL_{name.upper()}" for name in [*Settings.model_fields, *ReplySettings.model_fields]}
    for function in functions.values():
        others = {name for name in variables(function) if name.startswith("AWS_ENDPOINT_URL_")} | KNOWN_ELSEWHERE
        assert set(variables(function)) - others <= settings


def test_functions_talk_to_aws_itself_unless_told_otherwise(functions: Functions) -> None:
    addresses = {
        value
        for function in functions.values()
        for name, value in variables(function).items()
        if name.startswith("AWS_ENDPOINT_URL_")
    }
    assert addresses == {""}


def test_every_setting_without_a_default_has_a_variable(functions: Functions) -> None:
    required = {f"GRAPHWELL_{name.upper()}" for name, field in Settings.model_fields.items() if field.is_required()}
    assert required
    for function in functions.values():
        assert required <= set(variables(function))


@pytest.mark.parametrize(
    ("parameter", "setting"),
    [
        ("Stage", "stage"),
        ("Neo4jDatabase", "neo4j_database"),
        ("EmbeddingProvider", "embedding_provider"),
        ("EmbeddingModel", "embedding_model"),
        ("EmbeddingDimensions", "embedding_dimensions"),
        ("LlmModel", "llm_model"),
        ("ChunkTokens", "chunk_tokens"),
        ("ChunkOverlapTokens", "chunk_overlap_tokens"),
    ],
)
def test_parameters_have_the_settings_defaults(template: dict[str, Any], parameter: str, setting: str) -> None:
    assert template["Parameters"][parameter]["Default"] == Settings.model_fields[setting].default


def test_functions_behind_the_gateway_end_before_it_does(functions: Functions) -> None:
    for function in functions.values():
        if any(event["Type"] == "Api" for event in function.get("Events", {}).values()):
            assert function["Timeout"] <= GATEWAY_LIMIT_S


def test_a_minutes_reconciliation_ends_before_the_next(functions: Functions) -> None:
    (schedule,) = functions["ReconcileFunction"]["Events"].values()
    assert (schedule["Type"], schedule["Properties"]["Schedule"]) == ("Schedule", "rate(1 minute)")
    assert functions["ReconcileFunction"]["Timeout"] < 60


def test_no_statement_allows_everything(functions: Functions) -> None:
    found = [statement for function in functions.values() for statement in statements(function)]
    assert found
    for statement in found:
        assert statement["Effect"] == "Allow"
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in as_list(statement["Action"]))
        assert "*" not in as_list(statement["Resource"])


def test_only_ingest_writes_files_and_only_below_uploads(functions: Functions) -> None:
    writing = {
        name: statement["Resource"]
        for name, function in functions.items()
        for statement in statements(function)
        if any(action in {"s3:PutObject", "s3:DeleteObject"} for action in as_list(statement["Action"]))
    }
    assert writing == {"IngestFunction": {"Fn::Sub": "${DocumentsBucket.Arn}/uploads/*"}}


def test_functions_read_the_secrets_they_need_and_no_others(functions: Functions) -> None:
    template_name = "AWSSecretsManagerGetSecretValuePolicy"
    secrets = {
        name: {p[template_name]["SecretArn"]["Ref"] for p in function.get("Policies", []) if template_name in p}
        for name, function in functions.items()
    }
    assert secrets == {
        "AuthorizerFunction": set(),
        "QueryFunction": {"Neo4jSecret", "ValkeySecret", "ModelSecret"},
        "IngestFunction": {"Neo4jSecret", "ValkeySecret"},
        "HealthFunction": {"Neo4jSecret", "ValkeySecret"},
        "EmbedFunction": {"Neo4jSecret", "ValkeySecret", "ModelSecret"},
        "ExtractFunction": {"Neo4jSecret", "ValkeySecret"},
        "ReconcileFunction": {"Neo4jSecret", "ValkeySecret"},
        "MigrateFunction": {"Neo4jSecret"},
    }


def test_functions_that_reach_the_graph_can_join_the_network(functions: Functions) -> None:
    joining = {name for name, f in functions.items() if f.get("VpcConfig", {}).get("Fn::If", [""])[0] == "RunsInVpc"}
    assert joining == {f"{name.capitalize()}Function" for name in USE_THE_GRAPH}


def test_the_schema_is_migrated_before_the_functions_that_need_it(resources: dict[str, dict[str, Any]]) -> None:
    migration = resources["SchemaMigration"]
    assert migration["Type"] == "Custom::SchemaMigration"
    assert migration["Properties"]["ServiceToken"] == {"Fn::GetAtt": ["MigrateFunction", "Arn"]}
    # A layer's new content is a new version with a new ARN, so a deploy of changed code changes this property.
    assert migration["Properties"]["CodeVersion"] == {"Ref": "SharedLayer"}
    for name in USE_THE_GRAPH - {"migrate"}:
        assert resources[f"{name.capitalize()}Function"]["DependsOn"] == "SchemaMigration"
