"""`graphwell graph`: what is mentioned with a name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.cli.commands.options import DataOption, JsonOption, TenantOption, TokenOption, UrlOption, open_client
from devstack.cli.commands.output import one_line, print_json, printable
from devstack.errors import UsageError

if TYPE_CHECKING:
    from rich.tree import Tree

    from devstack.neighbourhood.neighbourhood import Neighbourhood, Node

_WIDTH_OF_A_FILE = 160
_NAME_LENGTH = 80
_QUOTE_LENGTH = 240
_PASSAGES_SHOWN = 3


def graph(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A name, or some of its words.")],
    *,
    tenant: TenantOption = None,
    depth: Annotated[int, typer.Option("--depth", min=1, max=2, help="Steps from the name to go.")] = 1,
    limit: Annotated[int, typer.Option("--limit", min=1, max=50, help="Neighbours of the name to show.")] = 12,
    svg: Annotated[Path | None, typer.Option("--svg", help="Draw it into this .svg file.")] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Show what a tenant's documents mention with a name, strongest first."""
    from devstack.neighbourhood.neighbourhood import explore  # noqa: PLC0415  (start-up time)

    if svg is not None and svg.suffix.lower() != ".svg":
        raise UsageError(f"{svg} cannot be drawn; end the picture's name in .svg.")
    if not name.strip():
        raise UsageError("The name is empty; give some of its words.")
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        found = explore(client, name, depth=depth, limit=limit)
    if svg is not None:
        from devstack.neighbourhood.svg import draw  # noqa: PLC0415

        svg.write_text(draw(found), encoding="utf-8")
    if as_json:
        print_json(found.as_json())
        return
    _print(found)
    if svg is not None:
        typer.echo(f"Drawn into {svg}.", err=True)


def _print(found: Neighbourhood) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415
    from rich.tree import Tree  # noqa: PLC0415

    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    entity = found.entity
    counts = f"{_count(entity.passage_count, 'passage')} of {_count(entity.document_count, 'document')}"
    tree = Tree(Text(f"{one_line(entity.name, _NAME_LENGTH)}  ({counts})"))
    _grow(tree, found.root)
    console.print(tree)
    if found.truncated:
        console.print("There is more around this name than is looked at; what is shown is the strongest of that.")
    for passage in entity.passages[:_PASSAGES_SHOWN]:
        where = f"{printable(passage.document_id)}, characters {passage.start}-{passage.end}"
        console.print(
            f"\n{one_line(passage.title, _NAME_LENGTH)}\n  {where}\n  {one_line(passage.quote, _QUOTE_LENGTH)}"
        )
    if found.namesakes:
        names = ", ".join(one_line(namesake.name, _NAME_LENGTH) for namesake in found.namesakes)
        console.print(f"\nOther names: {names}")


def _grow(tree: Tree, node: Node) -> None:
    from rich.text import Text  # noqa: PLC0415

    for child in node.children:
        tie = child.tie
        stated = f" [{'; '.join(one_line(each, _NAME_LENGTH) for each in tie.stated)}]" if tie and tie.stated else ""
        weight = f"{tie.weight:>3}  " if tie else ""
        _grow(tree.add(Text(f"{weight}{one_line(child.name, _NAME_LENGTH)}{stated}")), child)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
