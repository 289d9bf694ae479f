"""Which functions read which setting, by their source: what each asks of the container, and what that asks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from graphwell.runtime.settings import ReplySettings, TokenSettings

ROOT = Path(__file__).resolve().parents[1]
_PACKAGE = ROOT / "layers" / "shared" / "graphwell"
_WIRING = ("container.py", "database.py", "shard.py", "serving.py", "models.py")
_WIRED = ("self", "_shared", "_shard", "shard", "models")
"""What parts of the wiring are asked of, there."""

_WHOLE = {"TokenSettings": set(TokenSettings.model_fields), "ReplySettings": set(ReplySettings.model_fields)}
"""Settings that whoever names their class reads all of."""


def readers() -> dict[str, set[str]]:
    """Return the functions that read each setting, by its name."""
    parts: dict[str, list[ast.AST]] = {}
    for name, part in (named for file in _WIRING for named in _parts(_PACKAGE / "runtime" / file)):
        parts.setdefault(name, []).append(part)
    found: dict[str, set[str]] = {}
    for app in sorted((ROOT / "functions").glob("*/app.py")):
        for setting in _settings_of(app, parts):
            found.setdefault(setting, set()).add(app.parent.name)
    return found


def _settings_of(app: Path, parts: Mapping[str, list[ast.AST]]) -> set[str]:
    tree = ast.parse(app.read_text("utf-8"))
    sources = [tree, *(ast.parse(path.read_text("utf-8")) for path in _imported(tree))]
    owners = ("container", "shard", "models")
    wanted = {name for source in sources for owner in owners for name in _attributes(source, owner)}
    named = {node.id for source in sources for node in ast.walk(source) if isinstance(node, ast.Name)}
    settings = {field for name in named for field in _WHOLE.get(name, ())}
    seen: set[str] = set()
    while wanted:
        part = wanted.pop()
        if part in seen or part not in parts:
            continue
        seen.add(part)
        for body in parts[part]:
            wanted |= {name for owner in _WIRED for name in _attributes(body, owner)}
            settings |= {name for owner in ("settings", "_settings") for name in _attributes(body, owner)}
    return settings - {"issuers"} | (set(TokenSettings.model_fields) if "issuers" in settings else set())


def _imported(tree: ast.AST) -> Iterator[Path]:
    """Yield the files that routes and entries come from: what of the package a function itself imports."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.startswith(("graphwell.http", "graphwell.runtime"))
        ):
            path = _PACKAGE.parent.joinpath(*node.module.split(".")).with_suffix(".py")
            if path.name not in _WIRING:
                yield path


def _parts(path: Path) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node


def _attributes(tree: ast.AST, owner: str) -> Iterator[str]:
    """Yield the attributes that are read of a name, or of an attribute of that name such as `self.settings`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            of = node.value
            if isinstance(of, ast.Call) and isinstance(of.func, ast.Attribute) and of.func.attr == "of":
                of = of.func.value  # container.of(scope).part
            name = of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""
            if name == owner:
                yield node.attr
