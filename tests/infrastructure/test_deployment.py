"""How a new release takes over: versions, aliases, canaries, what takes them back, and how functions start."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from devstack.errors import DevstackError
from devstack.gateway.api_view import read_api
from devstack.gateway.document import load_document
from devstack.gateway.function_view import read_functions
from devstack.gateway.variables import function_variables
from graphwell.domain.errors import InvalidInput
from graphwell.runtime.connection_check import refuse_too_many_connections
from tests.infrastructure.nesting import stack
from tests.infrastructure.synthesis import Resources, of_type, references, synthesise

PUBLISHED = {
    f"{name}Function" for name in ("Authorizer", "Query", "Stream", "Ingest", "Health", "Embed", "Extract", "Agent")
}
STARTED = {"AuthorizerFunction", "QueryFunction", "IngestFunction"}
"""Functions that a caller waits for with a token."""


@pytest.fixture(scope="module")
def synthesised(root: Path) -> Resources:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return synthesise(root, Release="one")


def test_every_function_that_is_called_from_outside_publishes_an_alias(synthesised: Resources) -> None:
    aliases = of_type(synthesised, "AWS::Lambda::Alias")
    assert set(aliases) == {f"{name}Aliaslive" for name in PUBLISHED}
    for name in PUBLISHED:
        assert aliases[f"{name}Aliaslive"]["Properties"]["FunctionName"] == {"Ref": name}


def test_every_integration_and_every_queue_call_an_alias(synthesised: Resources) -> None:
    body = synthesised["Api"]["Properties"]["Body"]
    integrations = [
        operation["x-amazon-apigateway-integration"]
        for methods in body["paths"].values()
        for operation in methods.values()
        if operation["x-amazon-apigateway-integration"]["type"] != "mock"
    ]
    sources = of_type(synthesised, "AWS::Lambda::EventSourceMapping").values()
    called = [
        *(integration["uri"] for integration in integrations),
        *(source["Properties"]["FunctionName"] for source in sources),
    ]
    assert len(called) >= 19
    for target in called:
        functions = {name for name in references(target) if "Function" in name and name in synthesised}
        assert len(functions) == 1
        assert functions <= {f"{name}Aliaslive" for name in PUBLISHED}


def test_the_authorizer_is_called_by_its_alias_which_is_there_before_anything_that_names_it(
    synthesised: Resources,
) -> None:
    # The address is a text, since `sam local` follows no reference to an alias; a text waits for nothing by itself.
    schemes = synthesised["Api"]["Properties"]["Body"]["components"]["securitySchemes"]
    (authorizer,) = (scheme["x-amazon-apigateway-authorizer"] for scheme in schemes.values())
    address = {"Fn::Sub": "${AuthorizerFunction.Arn}:live"}
    permission = synthesised["ApiTokenAuthorizerAuthorizerPermission"]["Properties"]
    assert authorizer["authorizerUri"]["Fn::Sub"][1] == {"__FunctionArn__": address}
    assert permission["FunctionName"] == address
    assert "AuthorizerFunctionAliaslive" in synthesised["Api"]["DependsOn"]
    assert "Api" in set(references(permission["SourceArn"]))


def test_only_the_schedule_may_call_what_was_not_published(synthesised: Resources) -> None:
    permissions = of_type(synthesised, "AWS::Lambda::Permission")
    unpublished = {
        name
        for name, each in permissions.items()
        if each["Properties"]["FunctionName"].get("Ref") in {*PUBLISHED, "ReconcileFunction"}
    }
    assert unpublished == {"ReconcileFunctionEveryMinutePermission"}


def test_a_release_of_another_name_publishes_every_function(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    first, again, second = (synthesise(root, Release=name) for name in ("one", "one", "two"))
    versions = [set(of_type(resources, "AWS::Lambda::Version")) for resources in (first, again, second)]
    assert versions[0] == versions[1]
    assert not versions[0] & versions[2]
    assert len(versions[2]) == len(PUBLISHED)
    for name in PUBLISHED:  # Lambda publishes nothing for a function that is as it was
        assert first[name]["Properties"]["Description"] != second[name]["Properties"]["Description"]


def test_a_version_goes_with_its_release_so_that_snapshots_are_not_paid_for_ever(synthesised: Resources) -> None:
    for version in of_type(synthesised, "AWS::Lambda::Version").values():
        assert version["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize("kind", ["AllAtOnce", "Canary10Percent5Minutes", "Linear10PercentEvery1Minute"])
def test_a_version_takes_over_as_asked_and_an_alarm_takes_it_back(
    root: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    resources = synthesise(root, Release="one", DeploymentType=kind)
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert set(groups) == {f"{name}DeploymentGroup" for name in PUBLISHED}
    for group in groups.values():
        properties = group["Properties"]
        assert properties["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": kind}
        assert "DEPLOYMENT_STOP_ON_ALARM" in properties["AutoRollbackConfiguration"]["Events"]
        gradual, watching, otherwise = properties["AlarmConfiguration"]["Fn::If"]
        assert gradual == "TakesOverGradually"
        assert [alarm["Name"]["Ref"] for alarm in watching["Alarms"]] == ["ReleaseErrors", "ReleaseFailures"]
        assert (watching["Enabled"], otherwise) == (True, {})
    for name in PUBLISHED:
        policy = resources[f"{name}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert policy["DeploymentGroupName"] == {"Ref": f"{name}DeploymentGroup"}


@pytest.mark.parametrize(("kind", "gradual"), [("AllAtOnce", False), ("Canary10Percent5Minutes", True)])
def test_an_alarm_that_is_on_holds_up_no_deployment_that_repairs_its_cause_at_once(
    root: Path, kind: str, gradual: bool
) -> None:
    assert stack(root, DeploymentType=kind).intrinsics.condition("TakesOverGradually") is gradual


@pytest.mark.parametrize("name", ["ReleaseErrors", "ReleaseFailures"])
def test_an_alarm_that_takes_a_version_back_sees_within_the_shortest_canary_what_others_tell(
    root: Path, synthesised: Resources, name: str
) -> None:
    alarm = synthesised[name]["Properties"]
    assert synthesised[name]["Type"] == "AWS::CloudWatch::Alarm"  # CodeDeploy looks at single alarms
    metrics = [each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each]
    assert {each["Period"] for each in metrics} == {60}
    assert alarm["EvaluationPeriods"] * 60 <= 5 * 60
    assert not {"AlarmActions", "OKActions"} & alarm.keys()
    monitoring = load_document(root / "monitoring.yaml")["Resources"]
    told = {
        each["MetricStat"]["Metric"]["MetricName"]
        for other in ("FunctionErrors", "FastBurnMinutes")
        for each in monitoring[other]["Properties"]["Metrics"]
        if "MetricStat" in each
    }
    assert {each["Metric"]["MetricName"] for each in metrics} <= told


def test_nothing_waits_for_itself(synthesised: Resources) -> None:
    graph = {
        name: {
            *(target for target in references(resource) if target in synthesised and target != name),
            *([resource["DependsOn"]] if isinstance(resource.get("DependsOn"), str) else resource.get("DependsOn", [])),
        }
        for name, resource in synthesised.items()
    }
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(synthesised)
    for alias in of_type(synthesised, "AWS::Lambda::Alias"):
        assert order.index("SchemaMigration") < order.index(alias) or alias.startswith("Authorizer")
        assert order.index(alias) < order.index("ReconcileFunction") or alias.startswith("Authorizer")


def test_a_deployment_without_a_name_is_refused(root: Path) -> None:
    with pytest.raises(DevstackError, match=r"set Release=\$\(date \+%s\)"):
        stack(root, Release="unnamed")


@pytest.mark.parametrize(
    ("startup", "environments", "snapstart", "provisioned"),
    [("none", "0", "None", None), ("snapstart", "0", "PublishedVersions", None), ("provisioned", "2", "None", "2")],
)
def test_functions_start_in_one_way(
    root: Path, startup: str, environments: str, snapstart: str, provisioned: str | None
) -> None:
    template = stack(root, Startup=startup, ProvisionedEnvironments=environments)
    for function in template.resources("AWS::Serverless::Function"):
        ways = function.get("SnapStart"), function.get("ProvisionedConcurrencyConfig")
        if function.logical_id in STARTED:
            kept = None if provisioned is None else {"ProvisionedConcurrentExecutions": provisioned}
            assert ways == ({"ApplyOn": snapstart}, kept)
        else:
            assert ways == (None, None)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"Startup": "snapstart", "ProvisionedEnvironments": "1"}, "exclude each other"),
        ({"Startup": "provisioned"}, "set Startup=provisioned with ProvisionedEnvironments"),
        ({"ProvisionedEnvironments": "1"}, "set ProvisionedEnvironments=0"),
        ({"Neo4jConnectionCeiling": "400"}, "set QueryMaximumConcurrency and IngestMaximumConcurrency"),
        ({"Neo4jConnectionCeiling": "400", "QueryMaximumConcurrency": "9"}, "set QueryMaximumConcurrency"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(root: Path, given: Mapping[str, str], says: str) -> None:
    with pytest.raises(DevstackError, match=says):
        stack(root, **given)


def test_a_snapshot_needs_what_lambda_can_restore(root: Path) -> None:
    for function in stack(root, Startup="snapstart").resources("AWS::Serverless::Function"):
        if function.logical_id in STARTED:
            assert function.get("AutoPublishAlias") == "live"  # published versions alone have snapshots
            assert function.get("Runtime") == "python3.13"
            assert function.get("EphemeralStorage", {"Size": 512})["Size"] <= 512


_IMPORT_AND_COUNT_SOCKETS = """
import socket, sys
opened = []
def watch(event, arguments):
    # An event loop's own pair of Unix sockets leads nowhere and is restored with its process. X-Ray's sends datagrams.
    alone = event == "socket.__new__" and (arguments[1] == socket.AF_UNIX or arguments[2] == socket.SOCK_DGRAM)
    if event in {"socket.__new__", "socket.connect", "socket.getaddrinfo"} and not alone:
        opened.append(event)
sys.addaudithook(watch)
import app
print(len(opened))
"""


@pytest.mark.parametrize(
    "short_name", ["authorizer", "query", "stream", "ingest", "health", "embed", "extract", "agent"]
)
def test_a_function_opens_no_connection_before_its_first_call(root: Path, short_name: str) -> None:
    # Clients and drivers are built when they are first used, which is after Lambda has restored the snapshot.
    template = stack(root, Neo4jUri="bolt://127.0.0.1:1", ValkeyUrl="redis://127.0.0.1:1")
    (spec,) = (spec for spec in read_functions(template) if spec.short_name == short_name)
    variables = function_variables(spec, "127.0.0.1:1", account=template.account, local={})
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_AND_COUNT_SOCKETS],
        env={**variables, "PATH": os.environ["PATH"]},
        cwd=spec.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["0"]), done.stderr


@pytest.mark.parametrize(("name", "limited_by"), [("Query", "Query"), ("Stream", "Query"), ("Ingest", "Ingest")])
def test_environments_are_reserved_only_where_asked(root: Path, name: str, limited_by: str) -> None:
    by_default = stack(root).find(f"{name}Function")
    limited = stack(root, **{f"{limited_by}MaximumConcurrency": "20"}).find(f"{name}Function")
    assert by_default is not None
    assert limited is not None
    assert (by_default.get("ReservedConcurrentExecutions"), limited.get("ReservedConcurrentExecutions")) == (None, "20")


def test_the_migration_is_told_every_limit_that_it_checks(root: Path) -> None:
    given = {
        "Neo4jConnectionCeiling": "608",
        "Neo4jMaxPoolSize": "8",
        "QueryMaximumConcurrency": "21",
        "IngestMaximumConcurrency": "10",
        "EmbedMaximumConcurrency": "10",
        "ExtractMaximumConcurrency": "5",
        "AgentMaximumConcurrency": "5",
    }
    fitting = stack(root, **given).find("SchemaMigration")
    beyond = stack(root, **{**given, "AgentMaximumConcurrency": "6"}).find("SchemaMigration")
    assert fitting is not None
    assert beyond is not None
    refuse_too_many_connections(_checked(fitting.properties, fitting.intrinsics))
    with pytest.raises(InvalidInput, match="616 connections"):
        refuse_too_many_connections(_checked(beyond.properties, beyond.intrinsics))


def _checked(properties: Mapping[str, Any], intrinsics: Any) -> dict[str, str]:
    return {
        name: intrinsics.resolve(value)
        for name, value in properties.items()
        if name.endswith("Environments") or name in {"ConnectionCeiling", "PoolSize"}
    }


DOMAIN = {
    "DomainName": "api.example.com",
    "DomainCertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/0a1b",
}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({}, set[str]()),
        (DOMAIN, {"ApiDomain", "ApiOfDomain"}),
        ({**DOMAIN, "DomainHostedZoneId": "Z0123456789"}, {"ApiDomain", "ApiOfDomain", "AddressOfDomain"}),
    ],
)
def test_a_domain_is_made_as_far_as_it_is_asked_for(root: Path, given: Mapping[str, str], made: set[str]) -> None:
    template = stack(root, **given)
    assert {name for name in ("ApiDomain", "ApiOfDomain", "AddressOfDomain") if template.find(name)} == made


@pytest.mark.parametrize(("base_path", "expected"), [("", None), ("rag", "rag")])
def test_a_domain_may_share_its_name_by_a_base_path(root: Path, base_path: str, expected: str | None) -> None:
    template = stack(root, **DOMAIN, DomainBasePath=base_path)
    mapping = template.find("ApiOfDomain")
    query = template.find("QueryFunction")
    assert mapping is not None
    assert query is not None
    assert mapping.get("BasePath") == expected
    assert query.require("Environment")["Variables"]["GRAPHWELL_BASE_PATH"] == base_path


@pytest.mark.parametrize(
    "given", [{"DomainName": "api.example.com"}, {"DomainBasePath": "rag"}, {"DomainHostedZoneId": "Z0123456789"}]
)
def test_half_a_domain_is_refused(root: Path, given: Mapping[str, str]) -> None:
    with pytest.raises(DevstackError, match="set DomainName and DomainCertificateArn"):
        stack(root, **given)


def test_the_local_stack_calls_the_function_that_an_alias_names(root: Path) -> None:
    template = stack(root)
    api = read_api(template)
    assert api is not None
    (authorizer,) = api.authorizers.values()
    assert authorizer.function_arn == template.references("AuthorizerFunction", "Arn")


@pytest.mark.parametrize(("protects", "expected"), [("true", True), ("false", False)])
def test_the_table_can_be_protected(root: Path, protects: str, expected: bool) -> None:
    table = stack(root, DeletionProtection=protects).find("IdempotencyTable")
    assert table is not None
    assert table.get("DeletionProtectionEnabled") is expected


@pytest.mark.parametrize(("stage", "takes_over"), [("dev", "AllAtOnce"), ("prod", "Canary10Percent5Minutes")])
def test_the_stages_of_samconfig_are_parameters_that_fit_together(root: Path, stage: str, takes_over: str) -> None:
    settings = tomllib.loads((root / "samconfig.toml").read_text())[stage]
    overrides = dict(pair.split("=", 1) for pair in settings["deploy"]["parameters"]["parameter_overrides"])
    template = stack(root, **overrides)
    assert template.parameters["Stage"] == stage
    assert template.parameters["DeploymentType"] == takes_over
    assert "Release" not in overrides  # it would be the same for ever
