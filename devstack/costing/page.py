"""The tables of docs/cost.md: `python -m devstack.costing.page docs/cost.md` writes them again."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack.costing.corpus_size import CorpusSize
from devstack.costing.cost_line import CostLine, total_usd
from devstack.costing.ingestion_cost import EmbeddingChoice, graph_bytes, ingestion, keeping
from devstack.costing.price_list import GB, PriceList, read_prices
from devstack.costing.question_cost import questions
from devstack.costing.standing_cost import standing

MILLION_CHUNKS = CorpusSize(
    files=100_000,
    documents=100_000,
    characters=800_000_000,
    text_bytes=800_000_000,
    chunks=1_000_000,
    tokens=200_000_000,
    embedded_bytes=850_000_000,
    messages=31_250,
)
"""A million chunks of 200 tokens and 850 bytes with their titles, ten a document, posted rather than uploaded."""

OPENAI, LOCAL = EmbeddingChoice("openai", 1536), EmbeddingChoice("onnx", 384)
_SMALLEST_SHOWN_USD = 0.00005


def tables(prices: PriceList) -> dict[str, str]:
    """Return the page's tables by their names."""
    sized = {name: graph_bytes(MILLION_CHUNKS, prices, choice) for name, choice in _CHOICES.items()}
    return {
        "questions": _table(
            {
                "quoted": questions(prices, provider="openai", generative=False),
                "in words": questions(prices, provider="openai", generative=True),
            }
        ),
        "chunks": _table(
            {name: ingestion(MILLION_CHUNKS, prices, choice, nat=True) for name, choice in _CHOICES.items()}
            | {_WITH_GRAPH: ingestion(MILLION_CHUNKS, prices, OPENAI, nat=True, graph_model=True)}
        ),
        "month": _table({name: keeping(MILLION_CHUNKS, prices, choice) for name, choice in _CHOICES.items()})
        + f"\n\nThat is {' and '.join(f'{size / GB:.1f} GB ({name})' for name, size in sized.items())} in memory.",
        "standing": _table({"a month": standing(prices)}, total=False),
        "prices": "\n".join(
            ["| figure | value | of | from |", "|---|---|---|---|"]
            + [
                f"| {name} | {figure.value:.10g} | {figure.unit} | {figure.source} |"
                for name, figure in {**prices.prices, **prices.assumptions}.items()
            ]
        ),
    }


_WITH_GRAPH = "the first, relations by gpt-4o-mini"
_CHOICES = {"text-embedding-3-small, 1536": OPENAI, "onnx, 384": LOCAL}


def with_tables(page: str, prices: PriceList) -> str:
    """Return a page with its tables made anew, each between `<!-- NAME -->` and `<!-- end -->`."""
    for name, table in tables(prices).items():
        place = re.search(rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", page, re.DOTALL)
        if place is None:
            raise ValueError(f"the page has no place for the table {name}")
        before, after = page[: place.end(1)], page[place.start(2) :]
        page = f"{before}{table}{after}"
    return page


def _table(columns: Mapping[str, Sequence[CostLine]], *, total: bool = True) -> str:
    """Return a Markdown table of the same components in several columns, with the last column's formula."""
    rows = [
        f"| component | {' | '.join(f'$ {name}' for name in columns)} | formula |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for lines in zip(*columns.values(), strict=True):
        formula = max((line.formula for line in lines), key=len)
        rows.append(f"| {lines[0].component} | {' | '.join(_usd(line.usd) for line in lines)} | {formula} |")
    if total:
        rows.append(f"| **all** | {' | '.join(f'**{_usd(total_usd(lines))}**' for lines in columns.values())} | |")
    return "\n".join(rows)


def _usd(value: float) -> str:
    if 0 < value < _SMALLEST_SHOWN_USD:
        return "< .0001"
    return f"{value:.2f}" if value >= 1 else f"{value:.4f}"


def main() -> None:
    """Write the tables of the page that the command line names again."""
    path = Path(sys.argv[1])
    path.write_text(with_tables(path.read_text("utf-8"), read_prices()), "utf-8")


if __name__ == "__main__":
    main()
