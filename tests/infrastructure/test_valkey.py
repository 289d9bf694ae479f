"""The cache of the functions: none, one by its address, or valkey.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devstack.errors import DevstackError
from devstack.gateway.template import Template
from tests.infrastructure.nesting import nested_parameters, stack

MADE = {"MakeValkey": "true", "Network": "own"}
EXISTING = {
    "Network": "existing",
    "VpcSubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "VpcSecurityGroupIds": "sg-0123456789abcdef0",
}


def cluster(root: Path, **parameters: str) -> Template:
    given = {
        "StackName": "graphwell",
        "VpcId": "vpc-0123456789abcdef0",
        "SubnetIds": "subnet-a,subnet-b",
        "FunctionSecurityGroupIds": "sg-first,sg-second",
        "OwnsNetwork": "true",
        "NodeType": "cache.m7g.large",
        "Replicas": "1",
        "SnapshotDays": "0",
        "SecretArn": "arn:secret",
        "DataKeyArn": "arn:key",
    }
    return Template(root / "valkey.yaml", {**given, **parameters})


def properties(template: Template, logical_id: str) -> Mapping[str, Any]:
    resource = template.find(logical_id)
    assert resource is not None
    return resource.properties


def test_without_a_cluster_of_its_own_the_stack_takes_an_address(root: Path) -> None:
    template = stack(root, ValkeyUrl="rediss://cache.example.org:6379", ValkeyUsername="u", ValkeyPassword="p" * 16)
    assert template.find("OwnValkey") is None
    query = template.find("QueryFunction")
    assert query is not None
    assert query.require("Environment")["Variables"]["GRAPHWELL_VALKEY_URL"] == "rediss://cache.example.org:6379"
    secret = template.find("ValkeySecret")
    assert secret is not None
    assert secret.require("SecretString") == f'{{"username":"u","password":"{"p" * 16}"}}'
    assert secret.get("GenerateSecretString") is None


def test_a_cluster_of_its_own_has_an_address_and_a_user_that_functions_are_told(root: Path) -> None:
    template = stack(root, **MADE)
    assert template.find("OwnValkey") is not None
    variables = properties(template, "QueryFunction")["Environment"]["Variables"]
    assert variables["GRAPHWELL_VALKEY_URL"]["Fn::If"][:2] == [
        "MakesValkey",
        {"Fn::GetAtt": ["OwnValkey", "Outputs.Url"]},
    ]
    secret = template.find("ValkeySecret")
    assert secret is not None
    assert secret.get("SecretString") is None
    generated = secret.require("GenerateSecretString")
    user = properties(cluster(root), "FunctionUser")
    assert generated["SecretStringTemplate"] == f'{{"username":"{user["UserName"]}"}}'
    assert 16 <= generated["PasswordLength"] <= 128  # what ElastiCache takes
    assert user["AuthenticationMode"]["Passwords"] == [
        {"Fn::Sub": "{{resolve:secretsmanager:${SecretArn}:SecretString:password}}"}
    ]


def test_the_stack_gives_its_cluster_all_that_it_asks_for(root: Path) -> None:
    given = nested_parameters(stack(root, **MADE), "OwnValkey")
    assert given.keys() == cluster(root).document["Parameters"].keys()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"MakeValkey": "true"}, "set Network=own"),
        ({"MakeValkey": "true", **EXISTING}, "set VpcId"),
        ({**MADE, "ValkeyUrl": "rediss://cache.example.org:6379"}, "set MakeValkey=false"),
        ({**MADE, "ValkeyPassword": "x"}, "set MakeValkey=false"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(root: Path, given: Mapping[str, str], says: str) -> None:
    with pytest.raises(DevstackError, match=says):
        stack(root, **given)


def test_a_cluster_can_be_made_in_an_existing_network(root: Path) -> None:
    assert stack(root, MakeValkey="true", VpcId="vpc-0123456789abcdef0", **EXISTING).find("OwnValkey") is not None


def test_it_takes_encrypted_connections_of_known_users_alone(root: Path) -> None:
    made = properties(cluster(root), "Cluster")
    assert (made["TransitEncryptionEnabled"], made["TransitEncryptionMode"]) == (True, "required")
    assert made["AtRestEncryptionEnabled"] is True
    assert made["UserGroupIds"] == [{"Ref": "Users"}]
    assert (made["Engine"], made["EngineVersion"]) == ("valkey", "8.2")
    assert properties(cluster(root), "DefaultUser")["AccessString"] == "off -@all"


@pytest.mark.parametrize(("replicas", "takes_over"), [("0", False), ("1", True), ("2", True)])
def test_another_node_takes_over_where_there_is_one(root: Path, replicas: str, takes_over: bool) -> None:
    made = cluster(root, Replicas=replicas).find("Cluster")
    assert made is not None
    assert made.get("AutomaticFailoverEnabled") is made.get("MultiAZEnabled") is takes_over
    assert made.get("NumNodeGroups") == 1


def test_it_keeps_no_snapshots_unless_asked_since_they_outlive_an_erase(root: Path) -> None:
    assert stack(root).parameters["ValkeySnapshotDays"] == "0"


@pytest.mark.parametrize(("owns", "opens"), [("true", True), ("false", False)])
def test_only_functions_are_let_in_and_a_group_of_somebody_else_is_left_alone(
    root: Path,
    owns: str,
    opens: bool,
) -> None:
    template = cluster(root, OwnsNetwork=owns)
    group = template.find("SecurityGroup")
    assert group is not None
    (into,) = group.require("SecurityGroupIngress")
    assert (into["FromPort"], into["ToPort"], into["SourceSecurityGroupId"]) == (6379, 6379, "sg-first")
    assert (template.find("FunctionsToValkey") is not None) is opens


def test_its_user_may_run_every_command_of_the_adapters_scripts(root: Path) -> None:
    allowed = {word[1:] for word in properties(cluster(root), "FunctionUser")["AccessString"].split() if word[0] == "+"}
    adapters = (root / "layers/shared/graphwell/adapters").glob("valkey_*.py")
    called = {name.lower() for path in adapters for name in re.findall(r"redis\.call\('(\w+)'", path.read_text())}
    assert {"set", "zrange", "lpush"} <= called <= allowed
