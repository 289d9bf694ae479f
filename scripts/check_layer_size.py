"""Fail when the layers of a `sam build` folder are larger than they may be: `check_layer_size.py FOLDER...`.

The shared layer's limit is the project's own, so that a function starts fast. The limit of both together is Lambda's
for a function with its layers, less room for the function.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

SHARED_LIMIT_BYTES = 120_000_000
TOTAL_LIMIT_BYTES = 250 * 1024 * 1024 - 1_000_000


def size_bytes(folder: Path) -> int:
    """Return the sum of the sizes of the files under `folder`, 0 when it does not exist."""
    return sum(os.lstat(Path(parent) / name).st_size for parent, _, names in os.walk(folder) for name in names)


def complaints(build: Path) -> list[str]:
    """Return what is wrong with the layers in the build folder, a sentence each; print their sizes."""
    shared, embedding = size_bytes(build / "SharedLayer"), size_bytes(build / "EmbeddingLayer")
    print(f"{build}: shared layer {shared / 1e6:.1f} MB, embedding layer {embedding / 1e6:.1f} MB unzipped")  # noqa: T201
    found = []
    if shared == 0:
        found.append(f"{build} has no SharedLayer; run `make build` first.")
    if shared > SHARED_LIMIT_BYTES:
        found.append(f"{build}/SharedLayer has {shared / 1e6:.1f} MB; its limit is {SHARED_LIMIT_BYTES / 1e6:.0f} MB.")
    if shared + embedding > TOTAL_LIMIT_BYTES:
        total = (shared + embedding) / 1e6
        found.append(
            f"The layers in {build} have {total:.1f} MB; Lambda's limit leaves {TOTAL_LIMIT_BYTES / 1e6:.0f} MB."
        )
    return found


def main(arguments: Sequence[str]) -> int:
    """Check each build folder; return the exit code."""
    if not arguments:
        print("Name a build folder, such as .aws-sam/arm64.", file=sys.stderr)  # noqa: T201
        return 2
    found = [complaint for argument in arguments for complaint in complaints(Path(argument))]
    for complaint in found:
        print(complaint, file=sys.stderr)  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
