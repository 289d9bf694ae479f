"""Lines of a corpus: one JSON object `{"id", "title", "text"}` a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class BrokenLineError(Exception):
    """A line is not what it should be; the message is a sentence that names the file and the line."""


@dataclass(frozen=True)
class CorpusRecord:
    """A document of a corpus; id may be any string."""

    id: str
    title: str
    text: str


def json_lines(text: str, file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of each line that is not blank.

    Raises:
        BrokenLineError: a line is not a JSON object.
    """
    # Not splitlines(): JSON strings may hold U+2028 and other separators as they are.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BrokenLineError(f"{file}, line {number}: not valid JSON ({error}).") from error
        if not isinstance(value, dict):
            raise BrokenLineError(f"{file}, line {number}: not a JSON object.")
        yield number, value


def string_field(value: dict[str, Any], key: str, *, file: str, line: int, default: str | None = None) -> str:
    """Return a string of a line's object; numbers are taken as their decimal form, for ids.

    Parameters:
        default: stands in for an absent or null value; None when the key is required.

    Raises:
        BrokenLineError: the key is missing, or its value is neither a string nor a whole number.
    """
    found = value.get(key)
    if found is None:
        found = default
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        raise BrokenLineError(f'{file}, line {line}: "{key}" must be a string.')
    return found


def corpus_records(text: str, file: str) -> Iterator[CorpusRecord]:
    """Yield the documents of a corpus.

    Raises:
        BrokenLineError: a line is broken, or two lines have the same id.
    """
    line_of_id: dict[str, int] = {}
    for number, value in json_lines(text, file):
        record = CorpusRecord(
            id=string_field(value, "id", file=file, line=number),
            title=string_field(value, "title", file=file, line=number, default=""),
            text=string_field(value, "text", file=file, line=number, default=""),
        )
        if record.id in line_of_id:
            raise BrokenLineError(
                f'{file}, line {number}: id "{record.id}" is on line {line_of_id[record.id]} already.'
            )
        line_of_id[record.id] = number
        yield record
