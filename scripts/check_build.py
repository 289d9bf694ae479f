"""Check what `sam build` made: `check_build.py FOLDER...` fails when a layer is too large or a function holds junk."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

SHARED_LIMIT_BYTES = 120_000_000
"""The project's own limit, so that functions start fast."""
TOTAL_LIMIT_BYTES = 250 * 1024 * 1024 - 1_000_000
"""Lambda's limit for a function with its layers, less room for the function."""


def size_bytes(folder: Path) -> int:
    """Return the sum of the sizes of the files under `folder`, 0 when it does not exist."""
    return sum(os.lstat(Path(parent) / name).st_size for parent, _, names in os.walk(folder) for name in names)


def layer_complaints(build: Path) -> list[str]:
    """Return what is wrong with the layers of a build folder, a sentence each."""
    shared = size_bytes(build / "SharedLayer")
    total = sum(size_bytes(layer) for layer in build.glob("*Layer"))
    found = []
    if not (build / "SharedLayer" / "python" / "graphwell" / "__init__.py").exists():
        found.append(f"{build}/SharedLayer does not hold the graphwell package; run `make build`.")
    found += [f"{layer} has modules without bytecode; run `make build`." for layer in uncompiled(build)]
    if shared > SHARED_LIMIT_BYTES:
        found.append(f"{build}/SharedLayer has {_mb(shared)}; its limit is {_mb(SHARED_LIMIT_BYTES)}.")
    if total > TOTAL_LIMIT_BYTES:  # `extract` has all of them
        found.append(f"The layers in {build} have {_mb(total)}; the limit is {_mb(TOTAL_LIMIT_BYTES)}.")
    return found


def uncompiled(build: Path) -> list[Path]:
    """Return the layers of which some module would be compiled at each cold start."""
    return [
        layer
        for layer in sorted(build.glob("*Layer"))
        if any(not list(module.parent.glob(f"__pycache__/{module.stem}.*.pyc")) for module in layer.rglob("*.py"))
    ]


def function_complaints(build: Path) -> list[str]:
    """Return what is wrong with the functions of a build folder, a sentence each."""
    contents = {folder: sorted(path.name for path in folder.iterdir()) for folder in sorted(build.glob("*Function"))}
    if not contents:
        return [f"{build} has no function; run `make build`."]
    return [
        f"{folder} holds {names}, not {' and '.join(_wanted(folder))} alone."
        for folder, names in contents.items()
        if names != _wanted(folder)
    ]


def _wanted(folder: Path) -> list[str]:
    return ["app.py", "run.sh"] if folder.name == "StreamFunction" else ["app.py"]


def main(arguments: Sequence[str]) -> int:
    """Print the layers' sizes in each build folder and what is wrong there; return the exit code."""
    builds = [Path(argument) for argument in arguments]
    if not builds:
        return _fail(["Name a build folder, such as .aws-sam/arm64."])
    for build in builds:
        sizes = ", ".join(f"{layer.name} {_mb(size_bytes(layer))}" for layer in sorted(build.glob("*Layer")))
        print(f"{build}: {sizes} unzipped")  # noqa: T201
    return _fail([text for build in builds for text in (*layer_complaints(build), *function_complaints(build))])


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _fail(complaints: Sequence[str]) -> int:
    for complaint in complaints:
        print(complaint, file=sys.stderr)  # noqa: T201
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
