"""The commands that talk to a stack over HTTP, and those that prepare or follow what they do."""

from __future__ import annotations

import typer

from devstack.cli.commands.agent import agent
from devstack.cli.commands.ask import ask
from devstack.cli.commands.bench import bench
from devstack.cli.commands.compare import compare
from devstack.cli.commands.cost import cost
from devstack.cli.commands.erase import erase
from devstack.cli.commands.eval import evaluate
from devstack.cli.commands.graph import graph
from devstack.cli.commands.ingest import ingest
from devstack.cli.commands.jobs import jobs
from devstack.cli.commands.redrive import redrive
from devstack.cli.commands.reembed import reembed
from devstack.cli.commands.search import search
from devstack.cli.commands.stats import stats


def register(app: typer.Typer) -> None:
    """Add every command of this module's imports to the application."""
    app.command()(ingest)
    app.command()(ask)
    app.command()(agent)
    app.command()(search)
    app.command()(graph)
    app.command()(jobs)
    app.command()(redrive)
    app.command()(stats)
    app.command()(erase)
    app.command()(reembed)
    app.command("eval")(evaluate)
    app.command()(bench)
    app.command()(compare)
    app.command()(cost)
