"""The `graphwell` command: registers the command groups and turns failures into sentences and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from devstack.cli import client_commands, demo_command, lambda_commands, login_commands, stack_commands
from devstack.errors import DevstackError, UsageError

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="graphwell",
    help="Ask questions about your documents: run the local stack, ingest, search, ask and measure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version  # noqa: PLC0415  (start-up time)

        typer.echo(f"graphwell {version('graphwell')}")
        raise typer.Exit


@app.callback()
def _graphwell(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


for _module in (stack_commands, lambda_commands, login_commands, client_commands, demo_command):
    _module.register(app)


def run(arguments: Sequence[str], *, context: Any = None) -> int:
    """Run one command line and return its exit code; failures are one sentence on stderr.

    Parameters:
        arguments: the words after the program's name.
        context: what commands take from the outside, a `devstack.cli.context.CliContext`; None for the real ones.
    """
    try:
        app(args=list(arguments), prog_name="graphwell", obj=context)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EXIT_FAILURE if stop.code else 0
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:
        if _is_own_fault(error) and os.environ.get("GRAPHWELL_DEBUG"):
            raise
        typer.echo(f"Error: {_sentence(error)}", err=True)
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILURE
    return 0


def _is_own_fault(error: Exception) -> bool:
    return not isinstance(error, (DevstackError, OSError))


def _sentence(error: Exception) -> str:
    if isinstance(error, DevstackError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'The system'}: {error.strerror or error}."
    return (
        f"graphwell met a fault of its own ({type(error).__name__}: {error}); "
        "set GRAPHWELL_DEBUG=1 to see where, and report it."
    )


def main() -> None:
    """Entry point of the console script."""
    exit_code = run(sys.argv[1:])
    if exit_code == EXIT_INTERRUPTED:
        # Threads of a cut-off ingestion may sit in a request for half a minute; the person asked to stop now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
