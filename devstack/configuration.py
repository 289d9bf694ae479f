"""Writes docs/configuration.md: every setting and every parameter, and who reads them.

`python -m devstack.configuration [FILE]` prints or writes it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from devstack.gateway.document import load_document
from devstack.setting_readers import readers
from graphwell.runtime.settings import ReplySettings, Settings

ROOT = Path(__file__).resolve().parents[1]

_HEAD = """\
# Configuration
Made by `make configuration` from `runtime/settings.py` and `template.yaml`; a test holds it up to date. What to choose:
[deploy.md](deploy.md).

- Operators set **parameters**, of the template. A value that cannot work is refused before anything is made.
- Functions read **settings**, each an environment variable, once, and do not start with one that is wrong. The template
  fills them from parameters and resources; others keep their default.
"""


def page() -> str:
    """Return the whole page."""
    template = load_document(ROOT / "template.yaml")
    return "\n".join(
        [
            _HEAD,
            "## Parameters",
            *_parameter_tables(template),
            "## Settings",
            "One without a default must be given.",
            "",
            *_table(("variable", "type", "default", "meaning", "from", "read by"), _settings(template)),
            "",
        ]
    )


def _settings(template: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    read_by, sources = readers(), _sources(template)
    fields: dict[str, FieldInfo] = {**ReplySettings.model_fields, **Settings.model_fields}
    for name, field in fields.items():
        variable = f"GRAPHWELL_{name.upper()}"
        yield (
            f"`{variable}`",
            _type(field),
            "" if field.default is PydanticUndefined else _shown(field.default),
            str(field.description),
            ", ".join(sorted(sources.get(variable, ()))),
            _functions(read_by.get(name, set())),
        )


def _functions(names: set[str]) -> str:
    left = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")} - names
    return "all but authorizer" if left == {"authorizer"} else ", ".join(sorted(names))


def _type(field: FieldInfo) -> str:
    found = field.annotation
    if get_origin(found) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(found))
    name = "JSON list" if get_origin(found) is tuple else getattr(found, "__name__", str(found))
    bounds = [
        f"{word} {getattr(rule, kind)}" for rule in field.metadata for kind, word in _BOUNDS if hasattr(rule, kind)
    ]
    return ", ".join([name, *bounds])


_BOUNDS = (("ge", "at least"), ("gt", "above"), ("le", "at most"))


def _shown(value: Any) -> str:
    if value in ("", ()):
        return "*empty*"
    return f"`{json.dumps(value) if isinstance(value, bool) else value}`"


def _sources(template: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the parameters that each variable is made of."""
    found: dict[str, set[str]] = {}
    for resource in template["Resources"].values():
        variables = (resource.get("Properties", {}).get("Environment") or {}).get("Variables", {})
        for name, value in variables.items():
            written = json.dumps(value)
            names = {*re.findall(r'"Ref": "(\w+)"', written), *re.findall(r"\$\{(\w+)\}", written)}
            found.setdefault(name, set()).update(names & template["Parameters"].keys())
    return found


def _parameter_tables(template: Mapping[str, Any]) -> Iterator[str]:
    parameters: Mapping[str, Mapping[str, Any]] = template["Parameters"]
    for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        yield f"### {group['Label']['default']}"
        rows = [
            (
                f"`{name}`",
                _shown(parameters[name]["Default"]) if "Default" in parameters[name] else "**must be given**",
                " ".join(str(parameters[name].get("Description", "")).split()),
                " ".join(str(parameters[name].get("ConstraintDescription", "")).split()),
            )
            for name in group["Parameters"]
        ]
        yield from _table(("parameter", "default", "meaning", "values"), rows)
        yield ""


def _table(head: tuple[str, ...], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def main() -> None:
    """Write the page to the file that is named, or print it."""
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main()
