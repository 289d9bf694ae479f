"""The network of the functions: none, one that exists, or network.yaml with each form of egress."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devstack.errors import DevstackError
from devstack.gateway.template import Template
from tests.infrastructure.nesting import kinds, nested_parameters, stack

Functions = Mapping[str, Mapping[str, Any]]
SUBNETS = "subnet-0123456789abcdef0,subnet-0123456789abcdef1"
GROUPS = "sg-0123456789abcdef0"
EXISTING = {"Network": "existing", "VpcSubnetIds": SUBNETS, "VpcSecurityGroupIds": GROUPS}
LOCAL_MODEL = {"EmbeddingProvider": "onnx", "EmbeddingDimensions": "384"}


def network(root: Path, *, egress: str = "one-nat", zones: int = 2, collector: bool = False) -> Template:
    given = {
        "StackName": "graphwell",
        "VpcCidr": "10.83.0.0/16",
        "Zones": str(zones),
        "Egress": egress,
        "HasCollector": str(collector).lower(),
        "LogRetentionDays": "30",
        "DataKeyArn": "arn:aws:kms:us-east-1:000000000000:key/data",
    }
    return Template(root / "network.yaml", given)


def vpc_configs(template: Template) -> set[tuple[str, str | None]]:
    """Return where each function runs: its logical id, and its subnets if any."""
    found = set()
    for function in template.resources("AWS::Serverless::Function"):
        config = function.get("VpcConfig")
        found.add((function.logical_id, None if config is None else ",".join(config["SubnetIds"])))
    return found


def test_without_a_network_no_function_joins_one(root: Path) -> None:
    template = stack(root)
    assert {subnets for _, subnets in vpc_configs(template)} == {None}
    assert template.find("OwnNetwork") is None


def test_in_an_existing_network_all_but_the_authorizer_run_in_its_subnets(root: Path) -> None:
    template = stack(root, **EXISTING)
    outside = {name for name, subnets in vpc_configs(template) if subnets is None}
    assert outside == {"AuthorizerFunction"}
    assert {subnets for _, subnets in vpc_configs(template)} == {None, SUBNETS}
    assert template.find("OwnNetwork") is None


def test_an_own_network_is_made_and_joined(root: Path, functions: Functions) -> None:
    template = stack(root, Network="own")
    made = template.find("OwnNetwork")
    assert made is not None
    assert made.require("Location") == "network.yaml"
    assert template.intrinsics.condition("OwnsNetwork")
    for name, function in functions.items():
        if name == "AuthorizerFunction":
            continue
        config = function["VpcConfig"]["Fn::If"][1]
        for key, output in (("SubnetIds", "SubnetIds"), ("SecurityGroupIds", "FunctionSecurityGroupId")):
            choice = config[key]["Fn::Split"][1]["Fn::If"]
            assert choice[:2] == ["OwnsNetwork", {"Fn::GetAtt": ["OwnNetwork", f"Outputs.{output}"]}]


def test_the_stack_gives_its_network_all_that_it_asks_for(root: Path) -> None:
    own = network(root)
    template = stack(root, Network="own")
    assert nested_parameters(template, "OwnNetwork").keys() == own.document["Parameters"].keys()
    assert {"VpcId", "SubnetIds", "FunctionSecurityGroupId"} == own.document["Outputs"].keys()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"Network": "existing"}, "set VpcSubnetIds and VpcSecurityGroupIds"),
        ({"Network": "existing", "VpcSubnetIds": SUBNETS}, "set VpcSubnetIds and VpcSecurityGroupIds"),
        ({"VpcSubnetIds": SUBNETS}, "set Network=existing"),
        ({"Network": "own", "VpcSecurityGroupIds": GROUPS}, "set Network=existing"),
        ({"VpcId": "vpc-0123456789abcdef0"}, "set Network=existing"),
        ({"Network": "own", "NetworkEgress": "none"}, "set NetworkEgress=one-nat"),
        ({"Network": "own", "NetworkEgress": "none", **LOCAL_MODEL, "LlmModel": "m"}, "set NetworkEgress=one-nat"),
        (
            {"Network": "own", "NetworkEgress": "none", **LOCAL_MODEL, "NextEmbeddingModel": "m"},
            "NextEmbeddingBaseUrl to an endpoint inside",
        ),
        ({**LOCAL_MODEL, "ModelApiKey": "", "NextEmbeddingModel": "m"}, "set ModelApiKey, or NextEmbeddingBaseUrl"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(root: Path, given: Mapping[str, str], says: str) -> None:
    with pytest.raises(DevstackError, match=says):
        stack(root, **given)


@pytest.mark.parametrize(
    "given",
    [
        {**LOCAL_MODEL, "ModelApiKey": ""},
        {"EmbeddingBaseUrl": "https://models.internal/v1"},
        {**LOCAL_MODEL, "NextEmbeddingModel": "m", "NextEmbeddingBaseUrl": "https://models.internal/v1"},
        {**LOCAL_MODEL, "LlmModel": "m", "LlmBaseUrl": "https://models.internal/v1"},
    ],
)
def test_a_closed_network_is_taken_with_models_that_it_reaches(root: Path, given: Mapping[str, str]) -> None:
    assert stack(root, Network="own", NetworkEgress="none", **given).find("OwnNetwork") is not None


@pytest.mark.parametrize("zones", [2, 3])
@pytest.mark.parametrize(("egress", "gateways"), [("none", 0), ("one-nat", 1), ("nat-per-zone", None)])
def test_each_zone_has_a_private_subnet_and_the_egress_that_was_asked_for(
    root: Path, zones: int, egress: str, gateways: int | None
) -> None:
    made = kinds(network(root, egress=egress, zones=zones))
    nats = zones if gateways is None else gateways
    assert len([name for name in made["AWS::EC2::Subnet"] if name.startswith("Private")]) == zones
    assert len(made.get("AWS::EC2::NatGateway", [])) == len(made.get("AWS::EC2::EIP", [])) == nats
    assert len([name for name in made["AWS::EC2::Subnet"] if name.startswith("Public")]) == nats
    assert len(made.get("AWS::EC2::InternetGateway", [])) == (1 if nats else 0)
    out = [name for name in made.get("AWS::EC2::Route", []) if name.startswith("RouteOut")]
    assert len(out) == (zones if nats else 0)


@pytest.mark.parametrize("egress", ["one-nat", "nat-per-zone"])
def test_a_zone_goes_out_by_its_own_gateway_where_it_has_one(root: Path, egress: str) -> None:
    template = network(root, egress=egress, zones=3)
    ways = [str(route.get("NatGatewayId")) for route in template.resources("AWS::EC2::Route")]
    gateways = {way.rpartition("-")[2] for way in ways if "NatGateway" in way}
    assert gateways == ({"NatGateway1"} if egress == "one-nat" else {f"NatGateway{zone}" for zone in (1, 2, 3)})


def test_nothing_that_exists_refers_to_what_does_not(root: Path) -> None:
    for egress in ("none", "one-nat", "nat-per-zone"):
        for zones in (2, 3):
            template = network(root, egress=egress, zones=zones)
            existing = {name for names in kinds(template).values() for name in names}
            for name in existing:
                assert set(_referred(template, template.document["Resources"][name])) <= existing, name


def _referred(template: Template, value: Any) -> list[str]:
    """Return the resources that a value refers to in the branches that its conditions leave."""
    if isinstance(value, list):
        return [name for item in value for name in _referred(template, item)]
    if not isinstance(value, dict):
        return []
    if "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        return _referred(template, then if template.intrinsics.condition(condition) else otherwise)
    names = [value[key] if key == "Ref" else value[key][0] for key in ("Ref", "Fn::GetAtt") if key in value]
    own = [name for name in names if name in template.document["Resources"]]
    return own + [name for item in value.values() for name in _referred(template, item)]


@pytest.mark.parametrize(("egress", "interfaces"), [("none", {"sqs", "secretsmanager"}), ("one-nat", set[str]())])
def test_endpoints_of_aws_are_those_that_functions_call_and_cost_only_where_nothing_leads_out(
    root: Path, egress: str, interfaces: set[str]
) -> None:
    endpoints = list(network(root, egress=egress).resources("AWS::EC2::VPCEndpoint"))
    kinds_of = {str(each.get("ServiceName")).rpartition(".")[2]: each.get("VpcEndpointType") for each in endpoints}
    assert kinds_of == {"s3": "Gateway", "dynamodb": "Gateway"} | dict.fromkeys(interfaces, "Interface")
    for endpoint in endpoints:
        own, *others = endpoint.require("PolicyDocument")["Statement"]
        assert own["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "000000000000"}}
        assert bool(others) == str(endpoint.get("ServiceName")).endswith(".s3")


def test_a_migration_in_the_vpc_can_tell_cloudformation_its_outcome(root: Path) -> None:
    # Such as https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/..., signed by CloudFormation's
    # own account: in a policy for this account's credentials alone the deployment would wait in vain, and fail.
    endpoint = network(root).find("S3Endpoint")
    assert endpoint is not None
    (of_others,) = [each for each in endpoint.require("PolicyDocument")["Statement"] if "Condition" not in each]
    assert of_others["Action"] == "s3:PutObject"
    assert of_others["Resource"] == "arn:aws:s3:::cloudformation-custom-resource-response-useast1/*"


def test_a_function_in_the_vpc_reaches_every_service_of_aws_that_it_may_use(root: Path, functions: Functions) -> None:
    endpoints = network(root, egress="none").resources("AWS::EC2::VPCEndpoint")
    reached = {str(endpoint.get("ServiceName")).rpartition(".")[2] for endpoint in endpoints}
    used = {
        action.partition(":")[0]
        for function in functions.values()
        for policy in function.get("Policies", [])
        for statement in policy.get("Statement", [])
        for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    } | {"secretsmanager"}  # by a policy template of SAM
    assert used - {"kms"} == reached  # KMS is called by the service whose data it encrypts


@pytest.mark.parametrize(("collector", "ports"), [(False, {443, 7687}), (True, {443, 7687, 4318})])
def test_security_groups_open_no_more_than_the_ports_that_are_called(
    root: Path, collector: bool, ports: set[int]
) -> None:
    template = network(root, egress="none", collector=collector)
    function = template.find("FunctionSecurityGroup")
    assert function is not None
    added = [each.properties for each in template.resources("AWS::EC2::SecurityGroupEgress")]
    rules = [*function.require("SecurityGroupEgress"), *added]
    assert {rule["FromPort"] for rule in rules} == {rule["ToPort"] for rule in rules} == ports
    assert function.get("SecurityGroupIngress") is None
    endpoint = template.find("EndpointSecurityGroup")
    assert endpoint is not None
    (into,) = endpoint.require("SecurityGroupIngress")
    assert (into["FromPort"], into["ToPort"]) == (443, 443)
    assert "CidrIp" not in into
