"""Parameters of the template: wrong values are refused, with what to give instead."""

import re
from pathlib import Path
from typing import Any

import pytest

from devstack.errors import DevstackError
from devstack.gateway.parameters import resolve_parameters
from tests.infrastructure.nesting import stack

SECRET = ["Neo4jPassword", "ValkeyPassword", "ModelApiKey"]
GIVEN = {"Neo4jUri": "neo4j+s://example.org", "Neo4jPassword": "correct horse", "FirebaseProjectId": "graphwell-demo"}


def test_every_parameter_is_constrained_and_says_what_to_give(template: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), name
        assert parameter["ConstraintDescription"].startswith("Use "), name


@pytest.mark.parametrize("name", SECRET)
def test_secrets_are_not_echoed(template: dict[str, Any], name: str) -> None:
    assert template["Parameters"][name]["NoEcho"] is True


def test_the_console_groups_every_parameter(template: dict[str, Any]) -> None:
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"])


def test_three_parameters_are_enough(template: dict[str, Any]) -> None:
    resolved = resolve_parameters(template["Parameters"], GIVEN)
    assert resolved["Architecture"] == "arm64"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Stage", "Prod"),
        ("Architecture", "arm"),
        ("Neo4jUri", "https://example.org"),
        ("Neo4jUri", "neo4j+s://user:password@example.org"),
        ("Neo4jPassword", 'with"quote'),
        ("Neo4jDatabases", "large"),
        ("Neo4jDatabasesSecretArn", "graphwell/databases"),
        ("ValkeyUrl", "example.org:6379"),
        ("FirebaseProjectId", "Not A Project"),
        ("EmbeddingProvider", "local"),
        ("EmbeddingDimensions", "0"),
        ("EmbedMaximumConcurrency", "1"),
        ("AuthorizerTtlSeconds", "3601"),
        ("VpcCidr", "8.8.0.0/16"),
        ("VpcCidr", "10.0.0.0/24"),
        ("VpcSubnetIds", "subnet-0123456789abcdef0, subnet-0123456789abcdef1"),
        ("VpcSecurityGroupIds", "default"),
        ("ValkeyNodeType", "cache.t4g.micro"),
    ],
)
def test_wrong_values_are_refused(template: dict[str, Any], name: str, value: str) -> None:
    with pytest.raises(DevstackError, match=name):
        resolve_parameters(template["Parameters"], {**GIVEN, name: value})


def test_rules_say_what_to_change(template: dict[str, Any]) -> None:
    for rule in template["Rules"].values():
        for assertion in rule["Assertions"]:
            assert re.search(r"set \w+", assertion["AssertDescription"])


def test_the_page_on_deploying_names_every_parameter(template: dict[str, Any], root: Path) -> None:
    page = (root / "docs" / "deploy.md").read_text("utf-8")
    table = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ") and line.count("|") >= 4]
    named = set(re.findall(r"\w+", " ".join(table)))
    assert set(template["Parameters"]) <= named


def test_the_deployments_that_the_page_shows_are_taken(root: Path) -> None:
    page = (root / "docs" / "deploy.md").read_text("utf-8")
    commands = re.findall(r"^sam deploy .*?(?<!\\)$", page, re.MULTILINE | re.DOTALL)
    assert len(commands) == 2
    for command in commands:
        given = dict(re.findall(r"(\w+)=(\S+)", command))
        given |= {"Release": "1700000000", "Neo4jPassword": "correct horse", "ModelApiKey": "key"}
        assert stack(root, **given).parameters["Neo4jUri"] == given["Neo4jUri"]
