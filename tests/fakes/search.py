"""An index, a cache and answerers in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from graphwell.domain.bm25 import TermCounts
from graphwell.domain.context import Context
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import IndexFault, Unavailable
from graphwell.domain.graph.walk import Bridge
from graphwell.domain.passages import Answer, AnswerWithPassages, Citation, Hit, Message, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import IndexReply, LegReport, Neighbourhood, SearchQuery, Tell, WalkQuery


def passage(number: int, text: str = "The boiler runs at 2 bar.") -> Passage:
    """Return one passage of a document of its own."""
    return Passage(f"d{number}", f"d{number}~1~0", f"Title {number}", text, 0, len(text), score=0.0)


class FakePassageIndex:
    """The `PassageIndex` port: each leg finds the given passages in their order, whatever is asked.

    Beside these, each leg has found a chunk that is not live.

    What the vector leg finds is the less similar to the question the later it comes; all else is not similar at all.
    `queries` lists what was asked; `version` is the corpus version, and `current` tells whether what was found is live.
    While `down`, it does not answer; a search of a leg in `broken` fails as a whole.
    """

    as_of_ms = 1_790_000_000_000

    def __init__(self, vector: Sequence[Passage] = (), fulltext: Sequence[Passage] = (), *, down: bool = False) -> None:
        self.found = {SearchMode.VECTOR: vector, SearchMode.FULLTEXT: fulltext}
        self.down = down
        self.broken: set[SearchMode] = set()
        self.version = 1
        self.current = True
        self.queries: list[tuple[TenantScope, SearchQuery]] = []

    def corpus_version(self, scope: TenantScope, deadline: Deadline) -> int:  # noqa: ARG002
        """Return `version`."""
        self._answer(deadline)
        return self.version

    def is_current(
        self,
        scope: TenantScope,  # noqa: ARG002
        corpus_version: int,
        passages: Sequence[Passage],  # noqa: ARG002
        deadline: Deadline,
    ) -> bool:
        """Tell whether nothing changed."""
        self._answer(deadline)
        return self.current and corpus_version == self.version

    def search(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> IndexReply:
        """Return what each leg that is asked finds."""
        self._answer(deadline)
        self.queries.append((scope, query))
        if query.legs & self.broken:
            raise IndexFault("An index does not answer.")
        near = {found.chunk_id: 1 / rank for rank, found in enumerate(self.found[SearchMode.VECTOR], start=1)}
        hits = [
            Hit(found, leg, rank, None if query.vector is None else near.get(found.chunk_id, 0.0))
            for leg, passages in self.found.items()
            if leg in query.legs
            for rank, found in enumerate(passages, start=1)
        ]
        legs = {
            leg: LegReport(f"{leg}-index", f"ask {leg}", query.text, query.candidates, len(self.found[leg]) + 1, 1)
            for leg in self.found
            if leg in query.legs
        }
        return IndexReply(hits, legs, self.as_of_ms)

    def _answer(self, deadline: Deadline) -> None:
        deadline.remaining_s()
        if self.down:
            raise Unavailable("The index does not answer.")


class FakeAnswerCache:
    """The `AnswerCache` port; `kept` holds the answers by key. While `down`, it does not answer."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.too_large = False
        self.kept: dict[str, AnswerWithPassages] = {}
        self.versions: dict[str, tuple[TenantScope, int]] = {}

    def get(self, key: str) -> AnswerWithPassages | None:
        """Return the answer under a key."""
        self._answer()
        return self.kept.get(key)

    def put(self, scope: TenantScope, key: str, corpus_version: int, answer: AnswerWithPassages) -> bool:
        """Keep an answer, unless it is `too_large`."""
        self._answer()
        if self.too_large:
            return False
        self.kept[key] = answer
        self.versions[key] = scope, corpus_version
        return True

    def forget(self, scope: TenantScope, before_version: int) -> None:
        """Remove what was made of older versions."""
        self._answer()
        old = [key for key, (owner, version) in self.versions.items() if owner == scope and version < before_version]
        for key in old:
            del self.kept[key], self.versions[key]

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The cache does not answer.")


class FakeAnswerer:
    """The `Answerer` port: quotes the first passage; `asked`, `read` and `standings` list the questions and contexts.

    While `down`, it does not answer; `breaks_with` is raised behind the first word that it tells.
    """

    def __init__(self, name: str = "model", *, down: bool = False) -> None:
        self._name = name
        self.identity = name
        self.down = down
        self.breaks_with: Exception | None = None
        self.asked: list[str] = []
        self.read: list[Sequence[Passage]] = []
        self.standings: list[float | None] = []

    def prompt(self, question: str, context: Context) -> Sequence[Message]:
        """Return one message, of the question and its blocks' texts."""
        return [Message("user", "\n".join([question, *(block.text for block in context.blocks)]))]

    def answer(self, question: str, context: Context, deadline: Deadline) -> Answer:
        """Return the quotation, or a refusal without passages."""
        deadline.remaining_s()
        if self.down:
            raise Unavailable("The model does not answer.")
        passages = context.passages
        self.asked.append(question)
        self.read.append(passages)
        self.standings.append(context.standing)
        if not passages:
            return Answer("The documents do not say.", grounded=False, citations=())
        best = passages[0]
        quote = Citation(best.document_id, best.chunk_id, best.text, best.start, best.end)
        return Answer(f"{self._name}: {best.text}", grounded=True, citations=(quote,))

    def stream(self, question: str, context: Context, deadline: Deadline, tell: Tell) -> Answer:
        """Return the same, told word by word."""
        answer = self.answer(question, context, deadline)
        if answer.grounded:
            first, space, rest = answer.text.partition(" ")
            tell(first)
            if self.breaks_with is not None:
                raise self.breaks_with
            tell(space + rest)
        return answer


class FakeTermCounter:
    """The `TermCounter` port: terms are what stands between spaces."""

    def count(self, question: str, texts: Sequence[str]) -> list[TermCounts]:
        """Return how often each word of the question stands in each text."""
        terms = question.split()
        return [
            TermCounts(
                Counter(word for word in text.split() if word in terms),
                len(text),
                Counter(set(pairwise(terms)) & set(pairwise(text.split()))),
            )
            for text in texts
        ]

    def terms(self, text: str) -> frozenset[str]:
        """Return the words of a text."""
        return frozenset(text.split())


class FakePassageGraph:
    """The `PassageGraph` port: leads to the given hits over the given bridges, whatever is asked; see `queries`.

    While `down`, it does not answer.
    """

    def __init__(self, *hits: Hit, bridges: Sequence[Bridge] = (), down: bool = False) -> None:
        self.found = Neighbourhood(bridges, hits)
        self.down = down
        self.queries: list[tuple[TenantScope, WalkQuery]] = []

    def neighbourhood(self, scope: TenantScope, query: WalkQuery, deadline: Deadline) -> Neighbourhood:
        """Return what was given."""
        deadline.remaining_s()
        if self.down:
            raise Unavailable("The graph does not answer.")
        self.queries.append((scope, query))
        return self.found
