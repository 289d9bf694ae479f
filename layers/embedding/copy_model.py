"""Copy the local embedding model into a folder: `python copy_model.py FOLDER`."""

import shutil
import sys
from pathlib import Path

from devstack.downloads.model import ensure_model


def main(target: Path) -> None:
    """Copy model.onnx and tokenizer.json into `target`, fetching them first when they are not on this machine."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copyfile(ensure_model() / name, target / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
