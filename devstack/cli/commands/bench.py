"""`graphwell bench`: throughput and latency under more and more callers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.cli.commands.options import DataOption, JsonOption, TokenOption, UrlOption, open_client
from devstack.cli.commands.output import print_json
from devstack.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devstack.client.api import GraphwellClient

_MOST_CALLERS = 256
_QUESTIONS = 500
"""Titles that are asked for, where no questions are given."""


class Route(StrEnum):
    """What is measured."""

    SEARCH = "search"
    QUERY = "query"


def bench(
    ctx: typer.Context,
    *,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="Tenant whose documents are asked.")],
    route: Annotated[Route, typer.Option("--route", help="POST /v1/search or POST /v1/query.")] = Route.SEARCH,
    concurrency: Annotated[str, typer.Option("--concurrency", help="Callers at once, step by step.")] = "1,2,4,8,16,32",
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, max=3600, help="Length of a step.")] = 10.0,
    questions: Annotated[
        Path | None,
        typer.Option("--questions", help="What to ask, one a line; default: titles of the tenant's documents."),
    ] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Ask a stack from more and more callers at once, and report requests a second and latencies.

    Limits of rate hold for it as well: raise the tenant's first, or start the local stack with --rate-limits off.
    """
    from devstack.evaluation.load import Load  # noqa: PLC0415  (start-up time)

    steps = _steps(concurrency)
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data, once=True) as client:
        ask = client.search if route is Route.SEARCH else client.answer
        load = Load(ask, _questions(client, questions))
        done = []
        for callers in steps:
            done.append(load.step(callers, seconds).as_json())
            if not as_json:
                _print_step(done[-1], first=len(done) == 1)
    if as_json:
        print_json({"route": f"POST /v1/{route.value}", "tenant": tenant, "steps": done})


def _steps(concurrency: str) -> list[int]:
    words = [word.strip() for word in concurrency.split(",")]
    if not all(word.isdecimal() and 1 <= int(word) <= _MOST_CALLERS for word in words):
        raise UsageError(f"--concurrency {concurrency!r} is no list of 1 to {_MOST_CALLERS} callers, such as 1,8,32.")
    return [int(word) for word in words]


def _questions(client: GraphwellClient, path: Path | None) -> Sequence[str]:
    if path is not None:
        return [line.strip() for line in _text(path).split("\n") if line.strip()]
    found: list[str] = []
    cursor: str | None = None
    while len(found) < _QUESTIONS:
        page = client.documents(cursor=cursor)
        found += [document.title for document in page.documents if document.title.strip()]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:_QUESTIONS]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 (byte {error.start}); convert it.") from error


def _print_step(step: dict[str, object], *, first: bool) -> None:
    names = ("concurrency", "requests_per_s", "p50_ms", "p95_ms", "p99_ms", "errors")
    if first:
        typer.echo("".join(f"{name:>16}" for name in names))
    typer.echo("".join(f"{_shown(step[name]):>16}" for name in names))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} x {status}" for status, count in value.items()) or "-"
    return "-" if value is None else str(value)
