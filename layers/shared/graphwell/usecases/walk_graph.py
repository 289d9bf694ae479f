"""Walk from the best passages of a search over shared names, and rank anew with what lies there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.walk import LEADING, Leading, Path, Start, best_paths, graph_evidence, starts
from graphwell.domain.passages import Hit, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import IndexReply, PassageGraph, SearchQuery, WalkQuery
from graphwell.usecases.rank_candidates import RankCandidates, Ranking


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk and what it led to.

    Parameters:
        paths: best path to each chunk that one leads to.
        added: passages that neither leg had found.
        ranking: all candidates, these among them.
    """

    starts: Sequence[Start]
    paths: Mapping[str, Path]
    added: Sequence[Hit]
    ranking: Ranking


class WalkGraph:
    """Follows the names that the best passages share with others, one bridge far; docs/graph.md has the figures."""

    def __init__(self, graph: PassageGraph, ranked: RankCandidates) -> None:
        self._graph = graph
        self._ranked = ranked

    def __call__(
        self, scope: TenantScope, query: SearchQuery, reply: IndexReply, ranking: Ranking, deadline: Deadline
    ) -> Walk:
        """Return the walk that begins with what a search found.

        Parameters:
            ranking: of the reply's hits, in hybrid mode.

        Raises:
            Unavailable: the graph does not answer.
        """
        begun = starts(query.text, _leading(ranking))
        known = [hit.passage.chunk_id for hit in ranking.candidates]
        asked = WalkQuery(query.text, begun, known, query.vector, query.filters, reply.as_of_ms)
        found = self._graph.neighbourhood(scope, asked, deadline)
        paths = best_paths(query.text, begun, found.bridges)
        if found.hits:
            ranking = self._ranked(query.text, [*reply.hits, *found.hits], SearchMode.GRAPH)
        ids = [hit.passage.chunk_id for hit in ranking.candidates]
        return Walk(begun, paths, found.hits, ranking.with_walk(graph_evidence(paths, ids)))


def _leading(ranking: Ranking) -> list[Leading]:
    best = [(ranking.candidates[place].passage, ranking.scores[place]) for place in ranking.best_first()[:LEADING]]
    return [Leading(passage.chunk_id, passage.title, score) for passage, score in best]
