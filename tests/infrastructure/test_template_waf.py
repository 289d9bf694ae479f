"""The web application firewall: what it blocks, what it only counts, and what its log leaves out."""

from __future__ import annotations

from typing import Any

import pytest

Resources = dict[str, dict[str, Any]]


GROUPS = {
    "IpReputation": "AWSManagedRulesAmazonIpReputationList",
    "Common": "AWSManagedRulesCommonRuleSet",
    "KnownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
}
COUNT_OR_NONE = {"Fn::If": ["WafOnlyCounts", {"Count": {}}, {"None": {}}]}
COUNT_OR_BLOCK = {"Fn::If": ["WafOnlyCounts", {"Count": {}}, {"Block": {}}]}
RULES_ON_BODIES = {
    "Common": {
        "SizeRestrictions_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "CrossSiteScripting_BODY",
    },
    "KnownBadInputs": {"JavaDeserializationRCE_BODY", "Log4JRCE_BODY"},
}
ONLY_COUNTED_BESIDES = {"Common": {"RestrictedExtensions_URIPATH"}, "KnownBadInputs": set[str]()}


@pytest.fixture(scope="module")
def rules(resources: Resources) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in resources["WebAcl"]["Properties"]["Rules"]}


def test_the_managed_groups_are_those_of_the_threat_model(rules: dict[str, dict[str, Any]]) -> None:
    groups = {
        name: rule["Statement"]["ManagedRuleGroupStatement"]["Name"]
        for name, rule in rules.items()
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }
    assert groups == GROUPS


@pytest.mark.parametrize("group", RULES_ON_BODIES)
def test_rules_on_bodies_count_and_no_other_rule_does_without_a_reason(
    rules: dict[str, dict[str, Any]], group: str
) -> None:
    overrides = rules[group]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert all(override["ActionToUse"] == {"Count": {}} for override in overrides)
    counted = {override["Name"] for override in overrides}
    assert counted == RULES_ON_BODIES[group] | ONLY_COUNTED_BESIDES[group]


def test_one_switch_makes_every_rule_count(rules: dict[str, dict[str, Any]]) -> None:
    for name, rule in rules.items():
        assert rule.get("OverrideAction", COUNT_OR_NONE) == COUNT_OR_NONE, name
        assert rule.get("Action", COUNT_OR_BLOCK) == COUNT_OR_BLOCK, name
        assert ("Action" in rule) != ("OverrideAction" in rule), name


def test_an_address_has_a_rate(rules: dict[str, dict[str, Any]]) -> None:
    statement = rules["RatePerAddress"]["Statement"]["RateBasedStatement"]
    assert (statement["AggregateKeyType"], statement["Limit"]) == ("IP", {"Ref": "WafRateLimit"})


def test_priorities_differ(rules: dict[str, dict[str, Any]]) -> None:
    assert len({rule["Priority"] for rule in rules.values()}) == len(rules)


def test_it_stands_before_the_stage(resources: Resources) -> None:
    association = resources["WebAclAssociation"]["Properties"]
    assert association["WebACLArn"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    assert association["ResourceArn"]["Fn::Sub"].endswith("/restapis/${Api}/stages/${Api.Stage}")


def test_its_log_holds_no_credentials_and_no_query(resources: Resources) -> None:
    logging = resources["WafLogging"]["Properties"]
    headers = {field["SingleHeader"]["Name"] for field in logging["RedactedFields"] if "SingleHeader" in field}
    assert headers == {"authorization", "x-api-key", "cookie"}
    assert {"QueryString": {}} in logging["RedactedFields"]
    assert resources["WafLogs"]["Properties"]["LogGroupName"]["Fn::Sub"].startswith("aws-waf-logs-")
    assert resources["WafLogs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_samples_that_would_show_headers_are_off(resources: Resources) -> None:
    acl = resources["WebAcl"]["Properties"]
    configurations = [acl["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl["Rules"])]
    assert not any(configuration["SampledRequestsEnabled"] for configuration in configurations)


@pytest.mark.parametrize("name", ["WebAcl", "WebAclAssociation", "WafLogs", "WafLogging"])
def test_all_of_it_goes_with_the_switch(resources: Resources, name: str) -> None:
    assert resources[name]["Condition"] == "UsesWaf"
