"""The commands that talk to a stack over HTTP."""

from __future__ import annotations

import typer

from devstack.cli.commands.ask import ask
from devstack.cli.commands.compare import compare
from devstack.cli.commands.eval import evaluate
from devstack.cli.commands.ingest import ingest
from devstack.cli.commands.jobs import jobs
from devstack.cli.commands.search import search


def register(app: typer.Typer) -> None:
    """Add ingest, ask, search, jobs, eval and compare to the application."""
    app.command()(ingest)
    app.command()(ask)
    app.command()(search)
    app.command()(jobs)
    app.command("eval")(evaluate)
    app.command()(compare)
