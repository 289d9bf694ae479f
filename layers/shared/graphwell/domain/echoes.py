"""Telling whether a text repeats another: a model's instructions are not to come back in what it writes."""

from __future__ import annotations

from collections.abc import Iterable

from graphwell.domain.words import words

RUN = 6
"""Words in the same order that are no accident; "answer the question from the" may be."""


class Instructions:
    """The words that a model is given as rules.

    Parameters:
        texts: all that it is told.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs = frozenset(run for text in texts for run in _runs(text))

    def stand_in(self, text: str) -> bool:
        """Tell whether a text repeats `RUN` of their words in a row, whatever stands between them but words."""
        return any(run in self._runs for run in _runs(text))


NO_INSTRUCTIONS = Instructions(())


def _runs(text: str) -> Iterable[tuple[str, ...]]:
    found = words(text)
    return zip(*(found[start:] for start in range(RUN)), strict=False)
