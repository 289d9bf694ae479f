"""The tables of `graphwell search --explain`."""

from __future__ import annotations

import sys

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from devstack.cli.commands.output import one_line, printable
from devstack.client.models import CandidateExplanation, SearchExplanation

_WIDTH_OF_A_FILE = 160
_TITLE_LENGTH = 40
_QUERY_LENGTH = 120
_OUTRANKED_SHOWN = 10
"""Candidates shown behind those that something became of; --json has them all."""


def print_explanation(explanation: SearchExplanation) -> None:
    """Print the stages of a search, in their order."""
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    question = explanation.question
    console.print(f"Searched for ({question.wording}'s words): {printable(question.searched)}")
    console.print(_legs(explanation))
    weights = explanation.weights
    if explanation.mode in {"hybrid", "graph"}:
        sums = " + ".join(f"{weight:g} x {name}" for name, weight in weights.items())
        console.print(f"score = {sums}; z counts standard deviations above the candidates' mean")
    console.print(_candidates(explanation))
    _print_paths(console, explanation)
    _print_answer(console, explanation)
    console.print("ms: " + ", ".join(f"{stage} {time:g}" for stage, time in explanation.timings_ms.items()))
    if explanation.degraded:
        console.print(f"Done without {', '.join(explanation.degraded)}.")


def _legs(explanation: SearchExplanation) -> Table:
    table = Table("leg", "asked of", "asked", "given", "not live", "alone ms", "query", box=SIMPLE)
    for name, leg in explanation.legs.items():
        counts = (str(leg.asked), str(leg.given), str(leg.not_live), f"{leg.alone_ms:g}")
        table.add_row(name, leg.index, *counts, one_line(leg.text, _QUERY_LENGTH))
    return table


def _candidates(explanation: SearchExplanation) -> Table:
    legs = [*explanation.legs, *(["graph"] if explanation.mode == "graph" else [])]
    table = Table(
        "rank", "score", "cosine", "z", "words", "pairs", "z", "titles", "repeats", "path", *legs, "reranked",
        "outcome", "chunk", "title",
        box=SIMPLE,
    )  # fmt: skip
    outranked = 0
    for candidate in explanation.candidates:
        outranked += candidate.outcome == "outranked"
        if outranked <= _OUTRANKED_SHOWN:
            table.add_row(*_row(candidate, legs))
    if outranked > _OUTRANKED_SHOWN:
        table.caption = f"{outranked - _OUTRANKED_SHOWN} more were outranked; --json shows them."
    return table


def _row(candidate: CandidateExplanation, legs: list[str]) -> list[str]:
    parts = (
        candidate.similarity,
        candidate.similarity_z,
        candidate.bm25_words,
        candidate.bm25_pairs,
        candidate.bm25_z,
        candidate.title_evidence,
        candidate.repetition,
        candidate.path_evidence,
    )
    return [
        str(candidate.rank),
        _figure(candidate.score),
        *map(_figure, parts),
        *(str(candidate.ranks.get(leg, "-")) for leg in legs),
        str(candidate.reranked or "-"),
        candidate.outcome,
        printable(candidate.chunk_id),
        one_line(candidate.title, _TITLE_LENGTH),
    ]


def _print_paths(console: Console, explanation: SearchExplanation) -> None:
    """Print how the walk reached the candidates that something became of."""
    for candidate in explanation.candidates:
        path = candidate.path
        if path is not None and path.entity is not None and candidate.outcome != "outranked":
            name = f"{printable(path.entity)!r}, which {path.holders} documents name"
            console.print(f"  {printable(candidate.chunk_id)}: from {printable(path.start)} over {name}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _print_answer(console: Console, explanation: SearchExplanation) -> None:
    cache = explanation.cache
    found = f"{cache.hit} hit" if cache.hit else "nothing for this question" if cache.answers else "no reply"
    console.print(f"Answer cache, corpus version {cache.corpus_version}: {found}")
    for kept in cache.compared:
        told = f"{kept.difference} ({printable(kept.detail)})" if kept.difference else "asks for the same"
        console.print(f"  {_figure(kept.cosine)} {printable(kept.question)}: {told}")
    context = explanation.context
    console.print(
        f"{explanation.prompt.answerer} would be given, of {context.budget_tokens} tokens, some {context.tokens}:"
    )
    for block in context.blocks:
        console.print(f"  [{block.number}] {' + '.join(map(printable, block.chunk_ids))}")
    for dropped in context.dropped:
        console.print(f"  left out: {printable(dropped.chunk_id)} ({dropped.reason})")
    for message in explanation.prompt.messages:
        console.print(f"--- {message.role}\n{printable(message.content)}")
