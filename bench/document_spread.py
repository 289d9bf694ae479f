"""What it helps that further chunks of a document lose: `python -m bench.document_spread`.

Over the FastAPI documentation, whose pages have many chunks each, by the questions of bench/questions that have a right
page: where it stands first among the best passages, how often it is among ten, how many pages these ten are of, and how
often an extracted sentence is of a right page. Documents keep their order whatever the loss, so no figure of
bench/ranking changes.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

from bench.extractive_answers import OWN_DOCUMENTS, OWN_QUESTIONS, TOP_K, Asked, answer_shares, judge, lines
from bench.memory_index import MemoryCollection, folder_as_sources
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.extraction import RULES
from graphwell.domain.passages import SearchMode
from graphwell.domain.reading import LOOK_AHEAD
from graphwell.usecases.rank_candidates import RankCandidates

RESULT = Path(__file__).with_name("results") / "document_spread.json"
LOSSES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0)


def main() -> None:
    """Measure, print, and keep the figures."""
    searched = MemoryCollection("fastapi", folder_as_sources(OWN_DOCUMENTS))
    questions = [(question["question"], question) for question in lines(OWN_QUESTIONS) if question["pages"]]
    hits = {text: searched.hits(text) for text, _ in questions}
    report: dict[str, dict[str, float]] = {}
    for loss in LOSSES:
        rank = RankCandidates(PorterTermCounter(), repetition=loss)
        places, pages, asked = [], [], []
        for text, question in questions:
            passages = rank(text, hits[text], SearchMode.HYBRID).passages(TOP_K + LOOK_AHEAD)
            found = [passage.document_id for passage in passages]
            places.append(next((at for at, page in enumerate(found, start=1) if page in question["pages"]), None))
            pages.append(len(set(found[:TOP_K])))
            asked.append(Asked(text, "fastapi", passages, judge(question)))
        report[str(loss)] = {
            "reciprocal_rank": round(fmean(1 / place if place else 0.0 for place in places), 3),
            "right_page_among_ten": round(fmean(place is not None and place <= TOP_K for place in places), 3),
            "pages_among_ten": round(fmean(pages), 2),
            "any_sentence_right": round(answer_shares(asked, RULES)["any_sentence"], 3),
        }
        print(loss, report[str(loss)], flush=True)
    RESULT.write_text(json.dumps({"questions": len(questions), "loss": report}, indent=1) + "\n")


if __name__ == "__main__":
    main()
