"""The passages that a run has seen, over all its steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphwell.domain.passages import Passage


class Evidence:
    """Gathers passages, each once; scores of different searches cannot be compared, places in them can.

    A passage counts by its best place in any step, and of equal places by the earlier step: so the best of every search
    come first. Documents may change while a run looks: of two versions of one document the newer stays, so that an
    answer is never made of both.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[int, int, int]] = {}
        self._passages: dict[str, Passage] = {}
        self._versions: dict[str, int] = {}
        self._steps = 0

    def __len__(self) -> int:
        return len(self._passages)

    def add(self, found: Sequence[Passage]) -> list[Passage]:
        """Take the passages of a step, best first, and return those that were not seen before."""
        self._steps += 1
        new = []
        for rank, passage in enumerate(self._current(found)):
            place = rank, self._steps, len(self._passages)
            known = self._places.get(passage.chunk_id)
            if known is None:
                self._passages[passage.chunk_id] = passage
                new.append(passage)
            self._places[passage.chunk_id] = place if known is None else min(known, place)
        return new

    def ranked(self) -> list[Passage]:
        """Return all passages, best first."""
        return [self._passages[chunk_id] for chunk_id in sorted(self._places, key=self._places.__getitem__)]

    def of(self, document_id: str) -> Passage | None:
        """Return a passage of a document; None when none of it was seen."""
        return next((each for each in self._passages.values() if each.document_id == document_id), None)

    def _current(self, found: Iterable[Passage]) -> list[Passage]:
        """Return the passages of a step without those of older versions, and forget what they make old."""
        found = list(found)
        for passage in found:
            version = _version(passage)
            if version > self._versions.setdefault(passage.document_id, version):
                self._versions[passage.document_id] = version
                self._forget(passage.document_id)
        return [passage for passage in found if _version(passage) == self._versions[passage.document_id]]

    def _forget(self, document_id: str) -> None:
        for chunk_id in [each.chunk_id for each in self._passages.values() if each.document_id == document_id]:
            del self._passages[chunk_id], self._places[chunk_id]


def _version(passage: Passage) -> int:
    return int(passage.chunk_id.split("~")[1])
