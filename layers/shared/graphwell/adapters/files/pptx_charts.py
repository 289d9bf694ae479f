"""Charts of a presentation, as the tables that they draw."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from graphwell.adapters.files.safe_xml import children, descendants
from graphwell.adapters.files.text_assembly import markdown_table


def chart_markdown(chart: Element) -> str:
    """Return a chart's title and its values: a row a category, a column a series."""
    title = " ".join(
        text.text or ""
        for titled in children(next(descendants(chart, "chart"), chart), "title")
        for text in descendants(titled, "t")
    )
    series = list(descendants(chart, "ser"))
    names = [next(_values(one, "tx"), "") for one in series]
    categories = list(_values(series[0], "cat", "xVal")) if series else []
    columns = [list(_values(one, "val", "yVal")) for one in series]
    height = max(map(len, (categories, *columns)), default=0)
    rows = [[_at(column, place) for column in (categories, *columns)] for place in range(height)]
    return "\n\n".join(filter(None, [title.strip(), markdown_table([["", *names], *rows]) if rows else ""]))


def _values(series: Element, *names: str) -> Iterator[str]:
    """Yield the cached values of a part of a series."""
    return (value.text or "" for part in children(series, *names) for value in descendants(part, "v"))


def _at(values: list[str], place: int) -> str:
    return values[place] if place < len(values) else ""
