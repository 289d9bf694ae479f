"""What a question costs that was answered before, and how many of a skewed stream of questions were.

`latency`: POST /v1/query with a question that is new, one asked before, and another wording of one asked before, each
next to one round trip to Valkey (PING), in turn; and the same without gateway, function and answerer: what is looked up
until the cache has decided. `replay`: questions of qqp, drawn by Zipf's law over its pairs, one of the two wordings
each, over the real caches; a hit by meaning within a pair that people judged as different is wrong.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import httpx
import neo4j
import redis

from bench.local_stack import COLLECTIONS, BenchStack
from bench.question_pairs import QQP, Pair, load_pairs
from devstack.downloads.model import ensure_model
from devstack.evaluation.metrics import percentile
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.onnx_embedder import DIMENSIONS, OnnxEmbedder
from graphwell.adapters.system_clock import SystemClock
from graphwell.adapters.valkey_answer_cache import MAX_QUESTIONS, ValkeyAnswerCache
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_question_cache import ValkeyQuestionCache
from graphwell.domain.deadline import Deadline
from graphwell.domain.intent import compare
from graphwell.domain.intent.guard import MIN_COSINE
from graphwell.domain.passages import Answer, AnswerWithPassages, Citation, Passage
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Embedder, IndexReply, PassageIndex, Vector
from graphwell.usecases.embed_question import QuestionVector
from graphwell.usecases.kept_answers import CacheDecision, CacheHit, KeptAnswers
from graphwell.usecases.search import SearchRequest

COLLECTION = "xquad_en"
ASKED = 120
WARM_UP = 10
DRAWS = 10_000
EXPONENT = 1.0

TEXT = "The boiler runs at two bar, and its valve opens at three. " * 12
PASSAGES = tuple(Passage(f"d{n}", f"d{n}~1~0", "Manual", TEXT, 0, len(TEXT), 1.0) for n in range(10))
ANSWER = AnswerWithPassages(Answer(TEXT, True, (Citation("d0", "d0~1~0", TEXT, 0, len(TEXT)),)), PASSAGES)


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return the figures of both parts."""
    pairs = load_pairs(QQP)
    alike = [pair for pair in pairs if pair.same and pair.a != pair.b and compare(pair.a, pair.b, pair.cosine).same]
    return {
        "latency": _latencies(stack, alike[: ASKED + WARM_UP]),
        "replay": _replay(stack, pairs),
    }


class _Steady:
    """The tenant's corpus version as the graph has it; what was kept counts as current."""

    def __init__(self, index: Neo4jPassageIndex | None) -> None:
        self._index = index

    def corpus_version(self, scope: TenantScope, deadline: Deadline) -> int:
        """Return the version, 1 without a graph."""
        return self._index.corpus_version(scope, deadline) if self._index else 1

    def is_current(self, *_: object) -> bool:
        """Return True."""
        return True

    def search(self, *_: object) -> IndexReply:
        """Find nothing."""
        return IndexReply()


class _Cache:
    """The caches of a tenant, looked into without gateway, function and answerer."""

    def __init__(self, stack: BenchStack, index: PassageIndex, scope: TenantScope) -> None:
        client = ValkeyClient(stack.valkey_url, dict)
        answers, questions = ValkeyAnswerCache(client, SystemClock()), ValkeyQuestionCache(client, DIMENSIONS)
        self._kept = KeptAnswers(answers, questions, index, min_cosine=MIN_COSINE, identity="bench")
        self._scope = scope

    def find(self, question: str, embedder: Embedder) -> CacheDecision:
        """Return what the cache has."""
        return self._kept.find(self._scope, _request(question, embedder), Deadline.after(60))

    def keep(self, question: str, embedder: Embedder, decision: CacheDecision) -> None:
        """Keep an answer of ten passages."""
        self._kept.keep(self._scope, _request(question, embedder), decision, ANSWER, Deadline.after(60))


def _request(question: str, embedder: Embedder) -> SearchRequest:
    return SearchRequest(question, vector=QuestionVector(embedder, question))


def _latencies(stack: BenchStack, pairs: list[Pair]) -> dict[str, Any]:
    stack.command("eval", str(COLLECTIONS / COLLECTION), "--tenant", COLLECTION, "--limit", "1")
    times: dict[str, list[float]] = defaultdict(list)
    embedder = OnnxEmbedder(ensure_model())
    with (
        stack.client(COLLECTION) as client,
        stack.open_neo4j() as driver,
        redis.Redis.from_url(stack.valkey_url, protocol=2) as valkey,
    ):
        index = Neo4jPassageIndex(_Driven(driver))
        cache = _Cache(stack, _Steady(index), TenantScope(COLLECTION))
        for pair in pairs:
            times["valkey_round_trip"].append(_timed(valkey.ping))
            for name, question in (("miss", pair.a), ("exact", pair.a), ("semantic", pair.b)):
                times[name].append(_timed(partial(_ask, client, question, None if name == "miss" else name)))
            times["embedding"].append(_timed(partial(embedder.embed_query, pair.a, Deadline.after(60))))
            times["lookup_miss"].append(_timed(partial(cache.find, pair.a, embedder)))
            cache.keep(pair.a, embedder, cache.find(pair.a, embedder))
            times["lookup_exact"].append(_timed(partial(cache.find, pair.a, embedder)))
            times["lookup_semantic"].append(_timed(partial(cache.find, pair.b, embedder)))
    warm = {name: values[WARM_UP:] for name, values in times.items()}
    round_trip = percentile(warm["valkey_round_trip"], 0.5)
    return {
        "questions": len(warm["miss"]),
        **{
            name: {
                "p50_ms": round(percentile(values, 0.5), 3),
                "p95_ms": round(percentile(values, 0.95), 3),
                "p50_over_round_trip": round(percentile(values, 0.5) / round_trip, 1),
            }
            for name, values in warm.items()
        },
    }


class _Driven(Neo4jClient):
    """Reads by a driver that is open already."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self._given = driver

    def read(self, query: str, deadline: Deadline | None = None, **parameters: Any) -> list[neo4j.Record]:  # noqa: ARG002
        """Return the records of a statement."""
        return self._given.execute_query(query, parameters, routing_=neo4j.RoutingControl.READ).records


def _ask(client: httpx.Client, question: str, hit: str | None) -> None:
    reply = client.post("/v1/query", json={"question": question})
    reply.raise_for_status()
    if reply.json()["cache"]["hit"] != hit:
        raise RuntimeError(f"{question!r} was no hit as expected: {reply.json()['cache']}")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


class _Embedded:
    """An embedder that has every vector already, so that only the cache is measured."""

    model, dimensions = "bge-small-en-v1.5-q", DIMENSIONS

    def __init__(self, vectors: Mapping[str, Vector]) -> None:
        self._vectors = vectors

    def embed_query(self, text: str, deadline: Deadline) -> Vector:  # noqa: ARG002
        """Return the vector of a text."""
        return self._vectors[text]

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:  # noqa: ARG002
        """Return the vectors of texts."""
        return [self._vectors[text] for text in texts]


def _replay(stack: BenchStack, pairs: list[Pair]) -> dict[str, Any]:
    embedder = OnnxEmbedder(ensure_model())
    texts = {text for pair in pairs for text in (pair.a, pair.b)}
    embedded = _Embedded({text: embedder.embed_query(text, Deadline.after(60)) for text in texts})
    judged = {frozenset((pair.a, pair.b)): pair.same for pair in pairs}
    cache = _Cache(stack, _Steady(None), TenantScope("replay"))
    counts: Counter[str] = Counter()
    unjudged: set[frozenset[str]] = set()
    for question in _drawn(pairs):
        decision = cache.find(question, embedded)
        counts[decision.hit or "miss"] += 1
        if decision.hit is CacheHit.SEMANTIC:
            kept = next(each.kept.text for each in decision.compared if each.verdict.same)
            label = judged.get(frozenset((question, kept)))
            counts[_JUDGEMENTS[label]] += 1
            if label is None:
                unjudged.add(frozenset((question, kept)))
        if decision.hit is None:
            cache.keep(question, embedded, decision)
    hits = counts[CacheHit.EXACT] + counts[CacheHit.SEMANTIC]
    return {
        "draws": DRAWS,
        "zipf_exponent": EXPONENT,
        "pairs": len(pairs),
        "kept_at_most": MAX_QUESTIONS,
        **dict(sorted(counts.items())),
        "share_of_hits": round(hits / DRAWS, 4),
        "share_of_semantic_hits": round(counts[CacheHit.SEMANTIC] / DRAWS, 4),
        "wrong_of_all_hits": round(counts["semantic, judged wrong"] / hits, 4),
        "wrong_of_semantic_hits": round(counts["semantic, judged wrong"] / counts[CacheHit.SEMANTIC], 4),
        "distinct_pairs_not_judged": len(unjudged),
    }


_JUDGEMENTS = {True: "semantic, judged right", False: "semantic, judged wrong", None: "semantic, not judged"}


def _drawn(pairs: list[Pair]) -> Iterator[str]:
    """Yield questions: a pair by Zipf's law over the pairs in random order, then either of its wordings."""
    dice = random.Random(7)
    order = dice.sample(pairs, k=len(pairs))
    weights = list(accumulate(1 / rank**EXPONENT for rank in range(1, len(order) + 1)))
    for pair in dice.choices(order, cum_weights=weights, k=DRAWS):
        yield dice.choice((pair.a, pair.b))
