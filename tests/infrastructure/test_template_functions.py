"""What every function of the template keeps to."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.gateway.function_view import read_functions
from graphwell.domain.agent.budget import MAX_SECONDS
from graphwell.runtime.invocation import BATCH_MARGIN_S
from graphwell.runtime.settings import ReplySettings, Settings
from tests.infrastructure.nesting import stack
from tests.infrastructure.synthesis import references

Functions = dict[str, dict[str, Any]]
NAMES = {"authorizer", "query", "stream", "ingest", "health", "embed", "extract", "agent", "reconcile", "migrate"}
USE_THE_GRAPH = {"query", "stream", "ingest", "health", "embed", "extract", "agent", "reconcile", "migrate"}
GATEWAY_LIMIT_S = 29
SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret"
LONGER_IN_AWS = 400
"""Characters that names of queues, secrets and buckets have there, and in the local stack not."""

KNOWN_ELSEWHERE = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
OF_THE_WEB_ADAPTER = {
    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
    "AWS_LWA_INVOKE_MODE": "response_stream",
    "AWS_LWA_PORT": "8080",
    "AWS_LWA_READINESS_CHECK_PROTOCOL": "tcp",
}


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
        assert function["Handler"] == ("run.sh" if function is functions["StreamFunction"] else "app.handler")
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == [{"Ref": "Architecture"}]


def test_functions_name_themselves_in_logs_and_metrics(functions: Functions) -> None:
    for name, function in functions.items():
        own = name.removesuffix("Function")
        assert variables(function)["POWERTOOLS_SERVICE_NAME"] == own.lower()
        assert variables(function)["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": "graphwell/${AWS::StackName}"}
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{own}Logs"}
        assert function["Tracing"] == {"Fn::If": ["TracesByXRay", "Active", "PassThrough"]}


def test_every_variable_is_a_setting(functions: Functions) -> None:
    settings = {f"GRAPHWELL_{name.upper()}" for name in [*Settings.model_fields, *ReplySettings.model_fields]}
    for function in functions.values():
        others = {name for name in variables(function) if name.startswith("AWS_ENDPOINT_URL_")} | KNOWN_ELSEWHERE
        assert set(variables(function)) - others - OF_THE_WEB_ADAPTER.keys() <= settings


def test_the_function_that_streams_is_a_server_behind_the_web_adapter(functions: Functions, root: Path) -> None:
    behind = {name for name, function in functions.items() if OF_THE_WEB_ADAPTER.keys() & variables(function).keys()}
    assert behind == {"StreamFunction"}
    stream = functions["StreamFunction"]
    assert OF_THE_WEB_ADAPTER.items() <= variables(stream).items()
    assert stream["Layers"][0] == {"Ref": "SharedLayer"}
    given, (on_arm, arm, x86), own = stream["Layers"][1]["Fn::If"][0], *_adapter_layers(stream)
    assert (given, on_arm, own) == ("UsesPublishedWebAdapter", "RunsOnArm", {"Ref": "WebAdapterLayerArn"})
    assert ("Arm64:" in arm["Fn::Sub"], "X86:" in x86["Fn::Sub"]) == (True, True)
    assert os.access(root / "functions" / "stream" / "run.sh", os.X_OK)


def _adapter_layers(function: dict[str, Any]) -> tuple[list[Any], Any]:
    _, published, own = function["Layers"][1]["Fn::If"]
    return published["Fn::If"], own


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
        ("NextEmbeddingModel", "next_embedding_model"),
        ("NextEmbeddingDimensions", "next_embedding_dimensions"),
        ("LlmModel", "llm_model"),
        ("RerankUrl", "rerank_url"),
        ("RerankModel", "rerank_model"),
        ("ChunkTokens", "chunk_tokens"),
        ("ChunkOverlapTokens", "chunk_overlap_tokens"),
        ("JobRetentionDays", "job_retention_days"),
        ("BreakerFailures", "breaker_failures"),
        ("BreakerSeconds", "breaker_open_s"),
        ("Neo4jMaxPoolSize", "neo4j_max_pool_size"),
        ("Neo4jAcquisitionSeconds", "neo4j_acquisition_timeout_s"),
        ("Neo4jRetrySeconds", "neo4j_max_retry_time_s"),
        ("EmbeddingQuerySeconds", "embedding_query_timeout_s"),
        ("RecallSampleShare", "recall_sample_share"),
        ("EmbeddingMillionTokensUsd", "embedding_million_tokens_usd"),
        ("LlmMillionPromptTokensUsd", "llm_million_prompt_tokens_usd"),
        ("LlmMillionCompletionTokensUsd", "llm_million_completion_tokens_usd"),
        ("LlmSeconds", "llm_timeout_s"),
    ],
)
def test_parameters_have_the_settings_defaults(template: dict[str, Any], parameter: str, setting: str) -> None:
    assert template["Parameters"][parameter]["Default"] == Settings.model_fields[setting].default


def test_the_largest_map_of_databases_fits_beside_all_other_variables(root: Path, template: dict[str, Any]) -> None:
    longest = template["Parameters"]["Neo4jDatabases"]["MaxLength"]
    given = {"Neo4jDatabases": "{" + " " * (longest - 2) + "}", "Neo4jDatabasesSecretArn": f"{SECRET_ARN}:databases"}
    for spec in read_functions(stack(root, **given)):
        size = sum(len(name) + len(value) for name, value in spec.environment.items())
        assert size + LONGER_IN_AWS < 4096, spec.short_name  # Lambda's limit


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


PERMISSIONS = {
    "AuthorizerFunction": set(),
    "QueryFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "secretsmanager:GetSecretValue ValkeySecret",
        "secretsmanager:GetSecretValue ModelSecret",
        "sqs:SendMessage AgentQueue",
        "kms:Decrypt via secretsmanager, sqs",
        "kms:GenerateDataKey via secretsmanager, sqs",
    },
    "StreamFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "secretsmanager:GetSecretValue ValkeySecret",
        "secretsmanager:GetSecretValue ModelSecret",
        "kms:Decrypt via secretsmanager",
    },
    "IngestFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "secretsmanager:GetSecretValue ValkeySecret",
        "sqs:SendMessage* EmbedQueue",
        "sqs:GetQueueAttributes EmbedQueue",  # tells stalled from queued
        "sqs:SendMessage ExtractQueue",  # a retry
        "s3:PutObject DocumentsBucket/uploads/*",  # signs what clients send
        "s3:GetObject DocumentsBucket/uploads/*",  # looks whether a file is there
        "s3:DeleteObject DocumentsBucket/uploads/*",
        "s3:ListBucket DocumentsBucket",  # counts what an erase would remove, as Scan does
        "dynamodb:PutItem IdempotencyTable",
        "dynamodb:GetItem IdempotencyTable",
        "dynamodb:UpdateItem IdempotencyTable",
        "dynamodb:DeleteItem IdempotencyTable",
        "dynamodb:Scan IdempotencyTable",
        "kms:Decrypt via secretsmanager, sqs, s3, dynamodb",
        "kms:GenerateDataKey via secretsmanager, sqs, s3, dynamodb",
    },
    "HealthFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "secretsmanager:GetSecretValue ValkeySecret",
        "sqs:GetQueueAttributes EmbedQueue",
        "sqs:GetQueueAttributes EmbedDeadLetterQueue",
        "sqs:GetQueueAttributes ExtractQueue",
        "sqs:GetQueueAttributes ExtractDeadLetterQueue",
        "sqs:GetQueueAttributes AgentQueue",
        "sqs:GetQueueAttributes AgentDeadLetterQueue",
        "kms:Decrypt via secretsmanager",
    },
    "EmbedFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "secretsmanager:GetSecretValue ValkeySecret",  # shows its open circuit breakers
        "secretsmanager:GetSecretValue ModelSecret",
        "sqs:SendMessage* EmbedQueue",
        "sqs:ChangeMessageVisibility EmbedQueue",
        "kms:Decrypt via secretsmanager, sqs",
        "kms:GenerateDataKey via secretsmanager, sqs",
    },
    "ExtractFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "secretsmanager:GetSecretValue ValkeySecret",  # shows its open circuit breakers
        "sqs:SendMessage* EmbedQueue",
        "sqs:ChangeMessageVisibility ExtractQueue",
        "s3:GetObject DocumentsBucket/uploads/*",
        "s3:DeleteObject DocumentsBucket/uploads/*",
        "s3:ListBucket DocumentsBucket",
        "kms:Decrypt via secretsmanager, sqs, s3",
        "kms:GenerateDataKey via secretsmanager, sqs, s3",
    },
    "AgentFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "secretsmanager:GetSecretValue ValkeySecret",
        "secretsmanager:GetSecretValue ModelSecret",
        "sqs:ChangeMessageVisibility AgentQueue",
        "kms:Decrypt via secretsmanager, sqs",
    },
    "ReconcileFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "secretsmanager:GetSecretValue ValkeySecret",
        "sqs:SendMessage EmbedQueue",
        "sqs:GetQueueAttributes EmbedQueue",
        "sqs:SendMessage ExtractQueue",
        "s3:GetObject DocumentsBucket/uploads/*",
        "s3:DeleteObject DocumentsBucket/uploads/*",
        "s3:ListBucket DocumentsBucket",
        "dynamodb:Scan IdempotencyTable",
        "dynamodb:DeleteItem IdempotencyTable",
        "kms:Decrypt via secretsmanager, sqs, s3, dynamodb",
        "kms:GenerateDataKey via secretsmanager, sqs, s3, dynamodb",
    },
    "MigrateFunction": {
        "secretsmanager:GetSecretValue Neo4jSecret",
        "secretsmanager:GetSecretValue Neo4jDatabasesSecretArn",
        "kms:Decrypt via secretsmanager",
    },
}
"""All that each function may do, beside what SAM adds for its event source, its logs and its network."""


@pytest.mark.parametrize("name", PERMISSIONS)
def test_a_function_may_do_what_it_does_and_nothing_else(functions: Functions, name: str) -> None:
    assert PERMISSIONS.keys() == functions.keys()
    function = functions[name]
    found = {permission for statement in statements(function) for permission in _permissions(statement)}
    for policy in function.get("Policies", []):
        for template, values in policy.items():
            if template == "AWSSecretsManagerGetSecretValuePolicy":
                found |= {f"secretsmanager:GetSecretValue {name}" for name in references(values["SecretArn"])}
            elif template == "SQSSendMessagePolicy":
                found.add(f"sqs:SendMessage* {values['QueueName']['Fn::GetAtt'][0]}")
            else:
                assert template in {"Version", "Statement"}
    assert found == PERMISSIONS[name]


def _permissions(statement: dict[str, Any]) -> Iterator[str]:
    services = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService")
    for action in as_list(statement["Action"]):
        for resource in as_list(statement["Resource"]):
            if services is None:
                yield f"{action} {_resource(resource)}"
            else:
                assert resource == {"Fn::GetAtt": ["DataKey", "Arn"]}
                yield f"{action} via {', '.join(service['Fn::Sub'].split('.')[0] for service in services)}"


def _resource(value: dict[str, Any]) -> str:
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"][0])
    return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", value["Fn::Sub"])


def test_functions_that_reach_the_graph_can_join_the_network(functions: Functions) -> None:
    joining = {name for name, f in functions.items() if f.get("VpcConfig", {}).get("Fn::If", [""])[0] == "RunsInVpc"}
    assert joining == {f"{name.capitalize()}Function" for name in USE_THE_GRAPH}


def test_the_schema_is_migrated_before_the_functions_that_need_it(resources: dict[str, dict[str, Any]]) -> None:
    migration = resources["SchemaMigration"]
    assert migration["Type"] == "Custom::SchemaMigration"
    assert migration["Properties"]["ServiceToken"] == {"Fn::GetAtt": ["MigrateFunction", "Arn"]}
    # A layer's new content is a new version with a new ARN, so a deploy of changed code changes this property.
    assert migration["Properties"]["CodeVersion"] == {"Ref": "SharedLayer"}
    for changed in ("Neo4jDatabases", "EmbeddingModel", "EmbeddingDimensions"):
        assert migration["Properties"][changed] == {"Ref": changed}
    for model in ("NextEmbeddingModel", "NextEmbeddingDimensions"):
        assert migration["Properties"][model] == {"Ref": model}
    for name in USE_THE_GRAPH - {"migrate"}:
        assert "SchemaMigration" in as_list(resources[f"{name.capitalize()}Function"]["DependsOn"])


def test_the_reconciler_hears_last_of_the_model_that_is_to_come(
    resources: dict[str, dict[str, Any]],
) -> None:
    # SAM's names of the aliases: each is done when its new version has taken over.
    before = {f"{name.capitalize()}FunctionAliaslive" for name in USE_THE_GRAPH - {"migrate", "reconcile"}}
    assert set(resources["ReconcileFunction"]["DependsOn"]) == {"SchemaMigration", *before}


def test_reading_a_file_ends_before_the_function_does_and_fits_beside_it(functions: Functions) -> None:
    extract = functions["ExtractFunction"]
    reading_s = Settings.model_fields["extract_time_s"].default
    reading_mib = Settings.model_fields["extract_memory_mib"].default
    assert 2 * reading_s <= extract["Timeout"]
    assert reading_mib + 500 <= extract["MemorySize"]


def test_the_longest_run_of_the_agent_ends_before_its_function_does(functions: Functions) -> None:
    assert functions["AgentFunction"]["Timeout"] > MAX_SECONDS + BATCH_MARGIN_S


def test_only_extract_has_the_readers_of_files(functions: Functions) -> None:
    having = {name for name, function in functions.items() if {"Ref": "ExtractionLayer"} in function["Layers"]}
    assert having == {"ExtractFunction"}
