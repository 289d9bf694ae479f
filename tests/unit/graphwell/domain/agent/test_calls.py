"""Calls of tools: what a model may ask, and that nothing else gets through."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.agent.calls import MAX_ARGUMENTS_LENGTH, TOOLS, CallRefused, Look, ToolCall, accept_call
from graphwell.domain.agent.steps import StepKind

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def call(name: str, arguments: str) -> ToolCall:
    return ToolCall("1", name, arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "look"),
    [
        ("search", {"query": "  Who built it? "}, Look(StepKind.SEARCH, "Who built it?")),
        ("expand", {"name": "Novair"}, Look(StepKind.EXPAND, "Novair")),
        ("read", {"document": "d-1"}, Look(StepKind.READ, "d-1")),
    ],
)
def test_a_sound_call_is_accepted(name: str, arguments: dict[str, str], look: Look) -> None:
    assert accept_call(call(name, json.dumps(arguments))) == look


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("delete_documents", "{}"),
        ("", "{}"),
        ("plan", "{}"),
        ("answer", '{"query": "x"}'),
        ("search", ""),
        ("search", "{"),
        ("search", "null"),
        ("search", '["x"]'),
        ("search", "{}"),
        ("search", '{"query": ""}'),
        ("search", '{"query": 1}'),
        ("search", '{"query": ["x"]}'),
        ("search", '{"query": "x", "tenant_id": "other"}'),
        ("search", '{"tenant": "other"}'),
        ("search", '{"query": "a\\u0000b"}'),
        ("search", '{"query": "\\ud800"}'),
        ("search", json.dumps({"query": "x" * 501})),
        ("search", json.dumps({"query": "x" * MAX_ARGUMENTS_LENGTH})),
        ("search", "[" * MAX_ARGUMENTS_LENGTH),
        ("read", '{"document_id": "d"}'),
    ],
)
def test_anything_else_is_refused_without_being_repeated(name: str, arguments: str) -> None:
    with pytest.raises(CallRefused) as refused:
        accept_call(call(name, arguments))
    assert "other" not in str(refused.value)
    assert "delete" not in str(refused.value)


@given(st.sampled_from([*(tool.name for tool in TOOLS), "x"]), st.text() | JSON.map(json.dumps))
def test_no_call_does_anything_but_being_accepted_or_refused(name: str, arguments: str) -> None:
    try:
        look = accept_call(call(name, arguments))
    except CallRefused:
        return
    assert look.kind.value == name
    assert 0 < len(look.text) <= 500


def test_no_tool_takes_a_tenant() -> None:
    for tool in TOOLS:
        assert "tenant" not in f"{tool.argument} {tool.purpose} {tool.meaning}".lower()


def test_case_and_white_space_do_not_make_another_question() -> None:
    assert Look(StepKind.SEARCH, "Who  built\nit?").key == Look(StepKind.SEARCH, "who built it?").key
    assert Look(StepKind.SEARCH, "x").key != Look(StepKind.EXPAND, "x").key
