"""`graphwell up`, `down` and `status`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import psutil
import typer
from rich.console import Console

from devstack.errors import DevstackError, UsageError
from devstack.progress import open_display
from devstack.stack_options import (
    DEFAULT_CONCURRENCY,
    DEFAULT_DATA,
    DEFAULT_TEMPLATE,
    StackOptions,
    check_machine,
)
from devstack.state import DataFolder, StackRunningError, StackState, StackStatus

if TYPE_CHECKING:
    import subprocess

EXIT_STOPPED = 3
_STOP_TIMEOUT_S = 60.0


class Switch(StrEnum):
    """A setting that is on or off."""

    ON = "on"
    OFF = "off"


DataOption = Annotated[
    Path, typer.Option("--data", help="Folder that the stack keeps its data in.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave the stack running in the background.")] = False,
    data: DataOption = DEFAULT_DATA,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the API; 8787 where it is free.")] = None,
    rate_limits: Annotated[Switch, typer.Option(help="Throttle requests as the template says.")] = Switch.ON,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Template parameter; may be given several times.")
    ] = None,
    template: Annotated[Path, typer.Option(help="SAM template.", show_default=False)] = DEFAULT_TEMPLATE,
    concurrency: Annotated[
        int, typer.Option(min=1, max=100, help="Processes of a function at once, where the template does not say.")
    ] = DEFAULT_CONCURRENCY,
) -> None:
    """Start the local stack: databases, queues, functions and the API in front of them."""
    options = StackOptions(
        data, port, rate_limits is Switch.ON, parse_parameters(parameter or ()), template, concurrency
    )
    if detach:
        _up_detached(options)
    else:
        _up_here(options)


def down(data: DataOption = DEFAULT_DATA) -> None:
    """Stop the local stack; its data stays."""
    folder = DataFolder(data.resolve())
    process = folder.holder()
    if process is None:
        if folder.is_held():
            raise DevstackError(f"A process that cannot be identified holds {folder.root}; stop it and try again.")
        typer.echo("The local stack is not running.")
        return
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_STOP_TIMEOUT_S)
    typer.echo("The local stack has stopped; its data is kept.")


def status(
    data: DataOption = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")] = False,
) -> None:
    """Say what the local stack is doing; the exit code is 3 when it is stopped."""
    report = describe(DataFolder(data.resolve()))
    if as_json:
        typer.echo(json.dumps(report, indent=1))
    else:
        _print_status(report)
    if report["status"] == StackStatus.STOPPED:
        raise typer.Exit(EXIT_STOPPED)


def describe(folder: DataFolder) -> dict[str, Any]:
    """Return what `status --json` prints: url, status, services, data, pid, and error after a failed start."""
    state = folder.read_state()
    if state is None or not folder.is_held():
        error = state.error if state else None
        return {"url": None, "status": "stopped", "services": {}, "data": str(folder.root), "pid": None, "error": error}
    content = state.to_json()
    return {name: content[name] for name in ("url", "status", "services", "data", "pid", "error", "log_dir")}


def parse_parameters(pairs: Sequence[str]) -> dict[str, str]:
    """Return template parameters from NAME=VALUE.

    Raises:
        UsageError: one of them has no name or no equals sign.
    """
    parsed = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise UsageError(
                f"--parameter {pair!r} must look like NAME=VALUE, for example --parameter ChunkTokens=256."
            )
        parsed[name] = value
    return parsed


def _up_here(options: StackOptions) -> None:
    from devstack.stack import run_stack  # noqa: PLC0415 - servers and drivers take 0.7 s to import

    console = Console(stderr=True)

    def tell(url: str | None) -> None:
        console.print(f"The API answers at {url}; stop it with Ctrl-C.", highlight=False)

    with open_display(console) as display:
        asyncio.run(run_stack(options, display, on_ready=tell))


def _up_detached(options: StackOptions) -> None:
    from devstack.daemon import follow, start_daemon  # noqa: PLC0415

    folder = DataFolder(options.data.resolve())
    running = folder.read_state() if folder.is_held() else None
    if running is None:
        check_machine(options)
        process = start_daemon(options)
        try:
            with open_display(Console(stderr=True)) as display:
                running = follow(process, folder, display)
        except StackRunningError:
            running = folder.read_state()
        except KeyboardInterrupt:
            _stop(process)
            raise
        else:
            typer.echo(f"The API answers at {running.url}; stop it with `graphwell down`.")
            return
    _tell_running(running, folder)


def _tell_running(state: StackState | None, folder: DataFolder) -> None:
    where = f"; the API answers at {state.url}" if state and state.url else " and is still starting"
    typer.echo(f"The local stack is already running on {folder.root}{where}.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    process.wait(_STOP_TIMEOUT_S)


def _print_status(report: dict[str, Any]) -> None:
    where = f" at {report['url']}" if report["url"] else ""
    typer.echo(f"{report['status']}{where}, data in {report['data']}")
    for name, service in report["services"].items():
        times = service["restarts"]
        again = f", restarted {times} {'time' if times == 1 else 'times'}" if times else ""
        typer.echo(f"  {name:<10} {service['status']} {service['detail']}".rstrip() + again)
    if report["error"]:
        typer.echo(f"  {report['error']}")
