"""Ports are imported one by one, under the names that type checkers know them by."""

from __future__ import annotations

import ast
import inspect

import pytest

from graphwell import ports


def test_each_name_is_what_type_checkers_take_it_for() -> None:
    imported = [node for node in ast.walk(ast.parse(inspect.getsource(ports))) if isinstance(node, ast.ImportFrom)]
    named = {
        alias.asname: (node.module, alias.name) for node in imported for alias in node.names if alias.asname is not None
    }
    assert {name: (module, name) for name, module in ports._MODULES.items()} == named
    assert all(hasattr(ports, name) for name in named)


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = ports.Nothing  # type: ignore[attr-defined]
