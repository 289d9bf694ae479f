"""Finish what `sam build` made: `finish_layers.py FOLDER...` removes what no function asks for, and compiles the rest.

A function cannot write into a layer, so that modules without bytecode are compiled anew at each cold start.
"""

from __future__ import annotations

import compileall
import py_compile
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

SERVICES = frozenset({"dynamodb", "s3", "secretsmanager", "sqs", "sts"})
"""Those whose clients functions make, and the one that gives credentials; botocore describes 400."""


def leave_out_services(layer: Path) -> None:
    """Remove botocore's descriptions of all other services."""
    for service in layer.glob("python/botocore/data/*/"):
        if service.name not in SERVICES:
            shutil.rmtree(service)


def compile_modules(layer: Path) -> bool:
    """Write the bytecode of every module, and return whether all of them could be compiled.

    It is taken without a look at the source, whose time of change is another one after it was unpacked.
    """
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    # Paths in tracebacks are those of Lambda.
    return compileall.compile_dir(
        layer, quiet=1, workers=0, invalidation_mode=unchecked, stripdir=str(layer), prependdir="/opt"
    )


def main(arguments: Sequence[str]) -> int:
    """Finish every layer of the build folders; return the exit code."""
    for build in map(Path, arguments):
        for layer in sorted(build.glob("*Layer")):
            leave_out_services(layer)
            if not compile_modules(layer):
                print(f"{layer} holds a module that this Python cannot compile.", file=sys.stderr)  # noqa: T201
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
