"""IAM policies of authorizers let exactly those pass whom they allow and do not deny."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.gateway.policy import UnusablePolicy, allows

ARN = "arn:aws:execute-api:us-east-1:000000000000:api/toy/GET/v1/documents/a"


def _statement(effect: str, resource: Any, action: Any = "execute-api:Invoke") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def _allows(*statements: Any) -> bool:
    return allows({"Version": "2012-10-17", "Statement": list(statements)}, ARN)


@pytest.mark.parametrize(
    "resource",
    [
        ARN,
        "*",
        "arn:aws:execute-api:*:*:api/toy/*/*",
        "arn:aws:execute-api:us-east-1:000000000000:api/toy/GET/v1/*",
        "arn:aws:execute-api:us-east-1:000000000000:api/to?/GET/v1/documents/?",
        ["arn:other", ARN],
    ],
)
def test_a_matching_allow_lets_pass(resource: Any) -> None:
    assert _allows(_statement("Allow", resource))


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:execute-api:us-east-1:000000000000:api/toy/POST/*", ARN + "b", ARN[:-1], ARN.upper(), "arn:*/prod/*"],
)
def test_an_allow_for_something_else_does_not(resource: str) -> None:
    assert not _allows(_statement("Allow", resource))


def test_a_deny_wins_over_an_allow_in_any_order() -> None:
    allow, deny = _statement("Allow", "*"), _statement("Deny", ARN)

    assert not _allows(allow, deny)
    assert not _allows(deny, allow)


def test_a_deny_for_something_else_does_not_matter() -> None:
    assert _allows(_statement("Allow", "*"), _statement("Deny", ARN + "/chunks"))


@pytest.mark.parametrize("action", ["execute-api:Invoke", "execute-api:*", "*", "EXECUTE-API:invoke", ["s3:Get", "*"]])
def test_actions_match_without_regard_to_case(action: Any) -> None:
    assert _allows(_statement("Allow", ARN, action))


def test_another_action_does_not_count() -> None:
    assert not _allows(_statement("Allow", ARN, "execute-api:ManageConnections"))


def test_a_single_statement_need_not_be_a_list() -> None:
    assert allows({"Statement": _statement("Allow", ARN)}, ARN)


@pytest.mark.parametrize(
    "policy",
    [
        None,
        "text",
        {},
        {"Statement": []},
        {"Statement": ["x"]},
        {"Statement": [{"Effect": "Perhaps", "Action": "*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*"}]},
        {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}]},
        {"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": [1], "Resource": "*"}]},
    ],
)
def test_a_policy_that_cannot_be_decided_lets_nobody_pass(policy: Any) -> None:
    with pytest.raises(UnusablePolicy):
        allows(policy, ARN)


@given(st.text(alphabet="ab.+[(\\", max_size=8))
def test_only_star_and_question_mark_are_special(text: str) -> None:
    document = {"Statement": _statement("Allow", text)}

    assert allows(document, text)
    assert not allows(document, text + "a")


@given(st.lists(st.tuples(st.sampled_from(["Allow", "Deny"]), st.booleans()), min_size=1, max_size=6))
def test_the_verdict_is_some_allow_and_no_deny(statements: list[tuple[str, bool]]) -> None:
    verdict = _allows(*(_statement(effect, ARN if applies else "other") for effect, applies in statements))
    applying = [effect for effect, applies in statements if applies]

    assert verdict is ("Allow" in applying and "Deny" not in applying)
