"""Parameters, conditions, intrinsic functions and Globals become plain values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.errors import DevstackError
from devstack.gateway.document import merge
from devstack.gateway.intrinsics import Intrinsics
from devstack.gateway.template import Template

Load = Callable[..., Template]


def _resolve(value: Any, **parameters: Any) -> Any:
    document = {"Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Equals": ["a", "b"]}}}
    pseudo = {"AWS::Region": "us-east-1"}
    return Intrinsics(document, parameters, pseudo, lambda name, attribute: f"<{name}.{attribute}>").resolve(value)


def test_a_parameter_given_wins_over_the_default(load: Load) -> None:
    assert load().parameters["Stage"] == "toy"
    assert load(Stage="prod").parameters["Stage"] == "prod"


def test_a_list_parameter_is_split(load: Load) -> None:
    assert load(Subnets="x,y, z").parameters["Subnets"] == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"Extra": "maybe"}, "must be one of: yes, no"),
        ({"Stage": "UP"}, "must match"),
        ({"Size": "many"}, "must be a number"),
        ({"Size": "10"}, "must be from 1 to 9"),
        ({"Sise": "1"}, "has no parameter Sise"),
        ({"Extra": "yes", "Size": "1"}, "Extra needs a Size above 1"),
    ],
)
def test_a_wrong_parameter_is_refused_with_a_sentence(load: Load, parameters: dict[str, str], sentence: str) -> None:
    with pytest.raises(DevstackError, match=sentence):
        load(**parameters)


def test_local_defaults_apply_only_to_parameters_the_template_has(toy_folder: Path) -> None:
    template = Template(toy_folder / "template.yaml", {}, local_defaults={"Stage": "here", "Unknown": "x"})

    assert template.parameters["Stage"] == "here"
    assert "Unknown" not in template.parameters


def test_a_parameter_without_default_must_be_given(load_text: Load) -> None:
    with pytest.raises(DevstackError, match="Give a value for the template's parameter Name"):
        load_text("Parameters: {Name: {Type: String}}\nResources: {}")


def test_a_resource_whose_condition_does_not_hold_does_not_exist(load: Load) -> None:
    assert load().find("ExtraFunction") is None
    assert load(Extra="yes").find("ExtraFunction") is not None


def test_conditions_may_use_conditions(load: Load) -> None:
    assert not load().intrinsics.condition("IsBig")
    assert load(Extra="yes").intrinsics.condition("IsBig")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Name"}, "n"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Queue"}, "<Queue.None>"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "<Queue.Arn>"),
        ({"Fn::Sub": "${Name}-${AWS::Region}-${Queue.Arn}-${!Name}"}, "n-us-east-1-<Queue.Arn>-${Name}"),
        ({"Fn::Sub": ["${X}/${Name}", {"X": {"Ref": "Name"}}]}, "n/n"),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, {"Ref": "Name"}]}, "n"),
        ({"a": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([1, {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}], [1]),
        ({"Fn::Select": ["1", {"Fn::Split": ["-", "a-b-c"]}]}, "b"),
        ({"Fn::Join": ["", ["a", {"Ref": "Name"}, True]]}, "antrue"),
        ({"Fn::Or": [{"Condition": "No"}, {"Condition": "Yes"}]}, True),
        ({"Fn::Base64": "hi"}, "aGk="),
    ],
)
def test_intrinsic_functions(value: Any, expected: Any) -> None:
    assert _resolve(value, Name="n") == expected


@pytest.mark.parametrize("function", ["Fn::ImportValue", "Fn::Transform", "Fn::GetAZs"])
def test_functions_that_need_an_account_are_refused(function: str) -> None:
    with pytest.raises(DevstackError, match=f"cannot evaluate {function}"):
        _resolve({function: "x"})


def test_a_malformed_call_is_a_sentence() -> None:
    with pytest.raises(DevstackError, match=r"Fn::Select of .* cannot be evaluated"):
        _resolve({"Fn::Select": [5, ["a"]]})


def test_an_unknown_name_is_refused(load_text: Load) -> None:
    template = load_text("Resources: {Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: !Ref Nobody}}}")

    with pytest.raises(DevstackError, match="refers to Nobody"):
        template.physical_name("Q")


@given(st.lists(st.text(alphabet="abc", max_size=3), min_size=1, max_size=6))
def test_split_undoes_join(parts: list[str]) -> None:
    assert _resolve({"Fn::Split": ["-", {"Fn::Join": ["-", parts]}]}) == parts


@given(st.lists(st.booleans(), min_size=2, max_size=6))
def test_and_or_not_are_boolean_algebra(values: list[bool]) -> None:
    conditions = [{"Condition": "Yes" if value else "No"} for value in values]

    assert _resolve({"Fn::And": conditions}) is all(values)
    assert _resolve({"Fn::Or": conditions}) is any(values)
    assert _resolve({"Fn::Not": [{"Fn::And": conditions}]}) is not all(values)


@given(st.text(alphabet=st.characters(exclude_characters="$"), max_size=30))
def test_sub_leaves_text_without_placeholders_alone(text: str) -> None:
    assert _resolve({"Fn::Sub": text}) == text


def test_globals_merge_as_sam_merges_them() -> None:
    shared = {"Timeout": 3, "Layers": ["a"], "Environment": {"Variables": {"A": 1, "B": 1}}, "Vpc": {"Ref": "X"}}
    own = {"Timeout": 9, "Layers": ["b"], "Environment": {"Variables": {"B": 2}}, "Vpc": {"Id": 1}}

    assert merge(shared, own) == {
        "Timeout": 9,
        "Layers": ["a", "b"],
        "Environment": {"Variables": {"A": 1, "B": 2}},
        "Vpc": {"Id": 1},
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("Resources: [", "not valid YAML"), ("a: 1", "has no Resources section")],
)
def test_a_file_that_is_no_template_is_a_sentence(load_text: Load, text: str, sentence: str) -> None:
    with pytest.raises(DevstackError, match=sentence):
        load_text(text)


def test_a_missing_template_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match="cannot be read"):
        Template(tmp_path / "none.yaml", {})
