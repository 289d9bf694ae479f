"""What a walk over names adds to retrieval: recall of questions with several hops, no loss elsewhere, and its cost.

python -m bench.graph_trial [--collections musique_100 ...]

Vectors are made once. Figures of the collections named are measured anew and those of others kept, so that a run takes
some minutes at most. Each trial is one setting for all collections. A gain is of the measure that the collection is
judged by, over the better of hybrid and vector leg, with the 95 % interval of a paired bootstrap over questions.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from bench.chunk_sizes import NO_HURRY_S
from bench.graph import ways
from bench.graph.entity_index import EntityIndex
from bench.graph.pairs import in_pairs
from bench.graph.second_question import SecondQuestion
from bench.graph.ways import PageRank, Walk, Way
from bench.ranking import ways as ranking_ways
from bench.ranking.cases import Case, Numbers, cases_of, with_rows
from bench.ranking.collections import StoredChunk, StoredCollection, load_stored
from devstack.downloads.model import ensure_model
from devstack.evaluation.metrics import ndcg, recall
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.domain.chunks import embedding_text
from graphwell.domain.deadline import Deadline

RESULT = Path(__file__).parent / "results" / "graph_trial.json"
PAIRS = {f"{name}, in pairs": name for name in ("musique_100", "hotpotqa_100")}
"""Collections whose questions are asked two at a time."""
NAMES = ("musique_100", "hotpotqa_100", "scifact", "cranfield", "xquad_en", *PAIRS)
MEASURES = ("recall@5", "recall@10", "ndcg@10")
JUDGED_BY = dict.fromkeys(("scifact", "cranfield", "xquad_en"), "ndcg@10")
"""Others by recall@5."""
SHIPPED = "walk"
BASES = ("hybrid", "vector leg")
RESAMPLES = 2000
EMBEDDED = 100
"""Chunks whose embedding is timed, evenly spaced."""


def trials() -> dict[str, Way]:
    """Return every way by its name; the words before a colon are its family."""
    found: dict[str, Way] = {
        "vector leg": ways.leg(ranking_ways.vector_leg),
        "fulltext leg": ways.leg(ranking_ways.fulltext_leg),
        "hybrid": ways.hybrid,
        SHIPPED: ways.shipped,
        "personalised PageRank": PageRank(),
        "personalised PageRank, damping .85": PageRank(damping=0.85),
        "second question with the best passage": SecondQuestion(),
        "second question with each of three": SecondQuestion(passages=3),
        "second question with the names of the best": SecondQuestion(weight=1.0, names_alone=True),
        "second question with those of each of three": SecondQuestion(passages=3, weight=1.0, names_alone=True),
        "titles: alone": Walk(titles_alone=True),
        "candidates: alone": Walk(most_added=0),
        "candidates: 20 added": Walk(most_added=20),
        "starts: get nothing": Walk(keeps_starts=False),
        "starts: by odds alone": Walk(starts=ways.by_odds),
        "starts: by rank": Walk(starts=ways.by_rank),
        "asked names: are bridges": Walk(asked_bridge=True),
        "hops: 2": Walk(hops=2),
        "narrowness: all alike": Walk(narrowness=lambda holders: 1.0),  # noqa: ARG005
        "narrowness: 1 / (n - 1)": Walk(narrowness=lambda holders: 1 / (holders - 1)),
    }
    found |= {f"reach: {reach}": Walk(reach=reach) for reach in (1.0, 2.0, 4.0)}
    found |= {f"leading: {leading}": Walk(leading=leading) for leading in (3, 5)}
    found |= {f"holders: {holders}": Walk(most_holders=holders) for holders in (5, 10, 50)}
    return found


def main() -> None:
    """Run all trials on some collections and write the figures of all."""
    parser = argparse.ArgumentParser(prog="python -m bench.graph_trial", description=__doc__)
    parser.add_argument("--collections", nargs="+", default=NAMES, choices=NAMES)
    options = parser.parse_args()
    report: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {"collections": {}}
    for name in options.collections:
        stored = in_pairs(load_stored(PAIRS[name])) if name in PAIRS else load_stored(name)
        report["collections"][name] = measured(name, stored)
        report["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        report["collections"] = {
            known: report["collections"][known] for known in NAMES if known in report["collections"]
        }
        report["cross_validated"] = cross_validated(report["collections"])
        RESULT.write_text(json.dumps(report, indent=1) + "\n")
        print(name, json.dumps(report["collections"][name]["cost"]))
        for trial, row in report["collections"][name]["trials"].items():
            print(f"  {trial:50}", *(row[measure] for measure in MEASURES), row["gain"], row["interval"], flush=True)
    print(json.dumps(report["cross_validated"], indent=1))


def measured(name: str, stored: StoredCollection) -> dict[str, Any]:
    """Return the figures of every trial on a collection, and what the graph costs there."""
    index = EntityIndex(stored)
    cases = list(cases_of(stored, len(stored.questions)))
    values = {trial: _values(way, cases, index) for trial, way in trials().items()}
    judge = MEASURES.index(JUDGED_BY.get(name, "recall@5"))
    base = max((values[trial] for trial in BASES), key=lambda found: float(found[:, judge].mean()))
    rows: dict[str, Any] = {}
    for trial, found in values.items():
        difference = found[:, judge] - base[:, judge]
        rows[trial] = {
            measure: round(float(mean), 4) for measure, mean in zip(MEASURES, found.mean(axis=0), strict=True)
        }
        rows[trial] |= {"gain": round(float(difference.mean()), 4), "interval": interval(difference)}
    return {"questions": len(cases), "judged_by": MEASURES[judge], "cost": cost(stored, index, cases), "trials": rows}


def _values(way: Way, cases: Sequence[Case], index: EntityIndex) -> Numbers:
    found = []
    for case in cases:
        joined, scores = way(case, index)
        ranking = joined.ranking(scores)
        five, ten = (recall(ranking, case.judgements, depth=depth) for depth in (5, 10))
        found.append((five, ten, ndcg(ranking, case.judgements)))
    return np.array(found)


def interval(differences: Numbers) -> list[float]:
    """Return the 95 % interval of the mean difference."""
    rows = np.random.default_rng(0).integers(0, len(differences), size=(RESAMPLES, len(differences)))
    return [round(float(bound), 4) for bound in np.percentile(differences[rows].mean(axis=1), [2.5, 97.5])]


def cost(stored: StoredCollection, index: EntityIndex, cases: Sequence[Case]) -> dict[str, float]:
    """Return what extraction takes next to embedding, how large the graph is, and how long a walk takes."""
    chunks = len(stored.chunks)
    extraction_ms = index.seconds / chunks * 1000
    embedding_ms = _embedding_ms(stored.chunks[:: max(1, chunks // EMBEDDED)])
    began = time.process_time()
    added = [len(ways.shipped(case, index)[0].rows) - len(case.rows) for case in cases]
    walked = time.process_time()
    for case in cases:
        ways.hybrid(with_rows(case, []), index)  # the words of the candidates are counted anew, as with the walk
    ranked_s = time.process_time() - walked
    return {
        "chunks": chunks,
        "extraction_ms_a_chunk": round(extraction_ms, 3),
        "embedding_ms_a_chunk": round(embedding_ms, 2),
        "share_of_embedding": round(extraction_ms / embedding_ms, 4),
        "mentions_a_chunk": round(fmean(len(entities) for entities in index.entities), 2),
        "entities_a_chunk": round(len(index.chunks) / chunks, 2),
        "bridging_entities_a_chunk": round(sum(count > 1 for count in index.holders.values()) / chunks, 2),
        "candidates_added": round(fmean(added), 1),
        "ranking_ms_with_walk": round((walked - began) / len(cases) * 1000, 2),
        "ranking_ms_without": round(ranked_s / len(cases) * 1000, 2),
    }


def _embedding_ms(chunks: Sequence[StoredChunk]) -> float:
    embedder = OnnxEmbedder(ensure_model(), threads=1)
    texts = [embedding_text(chunk.title, chunk.headings, chunk.text) for chunk in chunks]
    embedder.embed_passages(texts[:1], Deadline.after(NO_HURRY_S))
    began = time.process_time()
    for text in texts:
        embedder.embed_passages([text], Deadline.after(NO_HURRY_S))
    return (time.process_time() - began) / len(texts) * 1000


def cross_validated(collections: dict[str, Any]) -> dict[str, Any]:
    """Return, for each family of settings, what choosing on all other collections gives on each in turn.

    Chosen is the setting with the greatest mean gain, each collection counted alike; pairs of questions are left out.
    """
    collections = {name: figures for name, figures in collections.items() if name not in PAIRS}
    families: dict[str, list[str]] = {}
    for trial in trials():
        if ":" in trial:
            families.setdefault(trial.split(":")[0], [SHIPPED]).append(trial)
    families["all"] = [SHIPPED, *(trial for trial in trials() if ":" in trial or "PageRank" in trial)]
    return {family: _left_out(collections, names) for family, names in families.items() if len(collections) > 1}


def _left_out(collections: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    chosen = {}
    for left in collections:
        others = [figures["trials"] for name, figures in collections.items() if name != left]
        chosen[left] = max(names, key=lambda trial: fmean(figures[trial]["gain"] for figures in others))
    gains = {left: collections[left]["trials"][trial]["gain"] for left, trial in chosen.items()}
    return {"mean_gain": round(fmean(gains.values()), 4), "chosen": chosen, "gain": gains}


if __name__ == "__main__":
    main()
