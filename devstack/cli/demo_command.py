"""`graphwell demo`: from nothing to a cited answer, by the same commands that a person would type."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from devstack.cli.stack_commands import DataOption
from devstack.errors import DevstackError
from devstack.stack_options import CHECKOUT, DEFAULT_DATA

if TYPE_CHECKING:
    from devstack.client.models import AnswerReply

TEXTS = CHECKOUT / "demo" / "texts"
TENANT = "demo"
QUESTION = "What must a warrant describe?"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(demo)


def demo(data: DataOption = DEFAULT_DATA) -> None:
    """Start the local stack, ingest three texts, ask a question, and leave the stack running; harmless to repeat."""
    at = [] if data == DEFAULT_DATA else ["--data", str(data)]
    _say_and_do(["up", "--detach", *at])
    _say_and_do(["ingest", str(TEXTS), "--tenant", TENANT, *at])
    _say_and_do(["ask", QUESTION, "--tenant", TENANT, *at])
    typer.echo(f"\n{_proof(_ask_again(data))}")
    more = shlex.join(["ask", "Who may quarter soldiers in a house?", "--tenant", TENANT, *at])
    typer.echo(
        f"\nThe stack goes on running. Ask more:   {_command(more)}"
        f"\nIngest your own files:                 {_command(shlex.join(['ingest', 'PATH', '--tenant', TENANT, *at]))}"
        f"\nStop it, its data stays:               {_command(shlex.join(['down', *at]))}"
    )


def _say_and_do(words: list[str]) -> None:
    """Print a command, run it, and stop the demo when it fails."""
    from devstack.cli.main import run  # noqa: PLC0415 - main imports this module to register it

    typer.echo(f"\n$ {_command(_typed(words))}")
    exit_code = run(words)
    if exit_code:
        raise DevstackError(f"The demo stopped: `{_command(_typed(words))}` ended with exit code {exit_code}.")


def _command(line: str) -> str:
    return f".venv/bin/graphwell {line}"


def _typed(words: list[str]) -> str:
    """Return a command as a person would type it from the checkout."""
    return shlex.join([word.replace(f"{CHECKOUT}/", "") for word in words])


def _shown(path: Path) -> Path:
    return path.relative_to(CHECKOUT)


def _ask_again(data: Path) -> AnswerReply:
    """Return the answer as data; it comes from the cache now."""
    from devstack.client.api import GraphwellClient  # noqa: PLC0415 - start-up time
    from devstack.client.connection import resolve_connection  # noqa: PLC0415
    from devstack.client.session import ApiSession  # noqa: PLC0415

    connection = resolve_connection(url=None, token=None, tenant=TENANT, data_dir=data)
    with GraphwellClient(ApiSession(connection)) as client:
        return client.answer(QUESTION, top_k=None)


def _proof(reply: AnswerReply) -> str:
    """Return a sentence that says where the first quotation stands in its file, after looking there.

    Raises:
        DevstackError: there is no quotation, or it is not in the file word for word.
    """
    if not reply.citations:
        raise DevstackError("The demo's question was answered without a citation; `graphwell status` may tell why.")
    citation = reply.citations[0]
    file = TEXTS / citation.document_id
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    if text[citation.start : citation.end] != citation.quote:
        raise DevstackError(f"The quotation is not in {_shown(file)} word for word; please report this.")
    return (
        f"Checked: the quotation stands word for word in {_shown(file)}, characters {citation.start} to {citation.end}."
    )
