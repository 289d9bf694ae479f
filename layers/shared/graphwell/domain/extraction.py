"""Choosing the sentences of passages that answer a question together, by the words they share with it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from graphwell.domain.passages import Passage
from graphwell.domain.sentences import Sentence, sentences_of
from graphwell.domain.words import content_stems, stem, words

MOST_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Rules:
    """How sentences are chosen; bench/extractive_answers.py measures it, and docs/answers.md gives the figures.

    Parameters:
        least_coverage: share of the question's content that must be found for the passages to count as answering it,
            where it is not known how far the best of them stands out.
        standing_weight: what each standard deviation that the best passage stands out by adds to that share.
        least_evidence: what both must come to.
        least_share: a further sentence's least score, as a share of the best one's.
        said_weight: what a word of the question is worth once a chosen sentence holds it.
        focus_weight: what a word of the noun after "what" or "which" is worth: an answer gives what it stands for, as
            "404" for "which status code".
    """

    least_coverage: float = 0.4
    standing_weight: float = 0.06
    least_evidence: float = 0.61
    least_share: float = 0.45
    said_weight: float = 0.5
    focus_weight: float = 0.25


RULES = Rules()

_QUESTION_MARKS = ("?", "\uff1f", "\u061f")
_CONTEXT_WEIGHT = 0.5
_RANK_WEIGHT = 0.25
_CUE_WEIGHT = 0.25
_SHORT_PENALTY = 0.3
_LEAST_WORDS = 5
_MOST_WORDS = 60

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million)\b", re.I
)
_NUMBER_QUESTION = re.compile(
    r"\bhow (?:many|much|long|old|far|often|big|large|high|tall|fast)\b|\b(?:what|which)\b[^?]{0,40}\b"
    r"(?:year|number|code|percent|percentage|date|amount|price|port|version|limit|size|rate|day|age)s?\b|^when\b",
    re.IGNORECASE,
)
_REASON_QUESTION = re.compile(r"\bwhy\b", re.IGNORECASE)
_REASON = re.compile(r"\b(?:because|since|due to|so that|in order to|reason|therefore|as a result|to avoid)\b", re.I)
_PERSON_QUESTION = re.compile(r"^\W*(?:who|whom|whose)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=\w )[A-Z][a-z]+")
_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|should|would|will|must|may)\b"
_FOCUS = re.compile(
    rf"\b(?:what|which)\s+(?!{_AUXILIARY})(?:(?:kind|type|sort)s?\s+of\s+)?"
    rf"(?P<focus>(?:(?!{_AUXILIARY})[\w'-]+\s+){{1,3}}){_AUXILIARY}",
    re.IGNORECASE,
)
_DEFINITION_QUESTION = re.compile(r"^\W*(?:what|who)(?:'s| is| are| was| were)\b", re.IGNORECASE)
_DEFINITION = re.compile(r"^[^.]{1,80}?\b(?:is|are|was|were|means|refers to)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence that answers, and the passage it stands in."""

    passage: Passage
    sentence: Sentence
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    rank: int
    sentence: Sentence
    stems: frozenset[str]
    context: frozenset[str]


def find_answers(
    question: str, passages: Sequence[Passage], rules: Rules = RULES, *, standing: float | None = None
) -> list[Finding]:
    """Return up to three sentences that answer a question, in reading order; none when the passages do not answer.

    Parameters:
        question: as typed.
        passages: best first.
        standing: standard deviations by which the best passage stands out among the candidates of its search.
    """
    asked = _asked(question)
    candidates = _candidates(passages)
    if not asked or not candidates:
        return []
    weights = _weights(question, asked, candidates, rules.focus_weight)
    if not _is_answered(_coverage(weights, candidates), standing, rules):
        return []
    order = {passage.chunk_id: rank for rank, passage in enumerate(passages)}
    chosen = _chosen(question, weights, candidates, rules)
    return sorted(chosen, key=lambda found: (order[found.passage.chunk_id], found.sentence.start))


def question_coverage(question: str, passages: Sequence[Passage], rules: Rules = RULES) -> float:
    """Return the share of a question's content that the passages hold, from 0 to 1; see `Rules.least_coverage`."""
    asked, candidates = _asked(question), _candidates(passages)
    if not asked or not candidates:
        return 0.0
    return _coverage(_weights(question, asked, candidates, rules.focus_weight), candidates)


def _asked(question: str) -> frozenset[str]:
    return frozenset(content_stems(question)) or frozenset(stem(word) for word in words(question))


def _chosen(
    question: str, weights: Mapping[str, float], candidates: Sequence[_Candidate], rules: Rules
) -> list[Finding]:
    """Return the best sentence, then those that say best what it left unsaid."""
    left = dict(weights)
    chosen: list[Finding] = []
    while len(chosen) < MOST_SENTENCES:
        texts = {found.sentence.text for found in chosen}
        open_to_choice = [item for item in candidates if item.sentence.text not in texts]
        if not open_to_choice:
            break
        scores = [_score(question, left, item) for item in open_to_choice]
        best = max(range(len(scores)), key=scores.__getitem__)
        if chosen and scores[best] < chosen[0].score * rules.least_share:
            break
        item = open_to_choice[best]
        chosen.append(Finding(item.passage, item.sentence, scores[best]))
        left |= {term: weights[term] * rules.said_weight for term in item.stems & weights.keys()}
    return chosen


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    """Return the sentences that may answer; a question in the text is context of the sentence that follows it."""
    candidates = []
    for rank, passage in enumerate(passages):
        above = frozenset(content_stems(" ".join((passage.title, *passage.headings))))
        posed: frozenset[str] = frozenset()
        for sentence in sentences_of(passage.text):
            stems = frozenset(content_stems(sentence.text))
            if sentence.text.rstrip("\"')*_").endswith(_QUESTION_MARKS):
                posed = stems
                continue
            context = above | posed | frozenset(content_stems(sentence.heading))
            posed = frozenset()
            candidates.append(_Candidate(passage, rank, sentence, stems, context))
    return candidates


def _weights(
    question: str, asked: frozenset[str], candidates: Sequence[_Candidate], focus_weight: float
) -> dict[str, float]:
    """Return the weight of each word asked for, 1 together: the fewer passages hold it, the heavier.

    None is heavier than the median of those that occur: a question often says in other words what the text says, and a
    word that occurs nowhere would outweigh all the others.
    """
    holding = Counter(term for held in _held(candidates).values() for term in asked & held)
    total = len({item.rank for item in candidates})
    rarity = {term: math.log(1 + (total - holding[term] + 0.5) / (holding[term] + 0.5)) for term in asked}
    heaviest = median(rarity[term] for term in holding) if holding else 1.0
    found = _FOCUS.search(question)
    focus = frozenset(content_stems(found["focus"])) if found else frozenset()
    weights = {term: min(value, heaviest) * (focus_weight if term in focus else 1.0) for term, value in rarity.items()}
    total_weight = sum(weights.values())
    return {term: weight / total_weight for term, weight in weights.items()}


def _held(candidates: Sequence[_Candidate]) -> dict[int, frozenset[str]]:
    """Return the words that each passage holds, titles and headings included, by its rank."""
    held: dict[int, frozenset[str]] = {}
    for item in candidates:
        held[item.rank] = held.get(item.rank, item.context) | item.stems | item.context
    return held


def _is_answered(coverage: float, standing: float | None, rules: Rules) -> bool:
    if standing is None:
        return coverage >= rules.least_coverage
    return coverage + rules.standing_weight * standing >= rules.least_evidence


def _coverage(weights: Mapping[str, float], candidates: Sequence[_Candidate]) -> float:
    """Return how much of the question the best passage and the best sentence hold, on average (0 to 1)."""
    best_passage = _share(weights, _held(candidates).get(0, frozenset()))
    best_sentence = max(_share(weights, item.stems) for item in candidates)
    return (best_passage + best_sentence) / 2


def _share(weights: Mapping[str, float], stems: frozenset[str]) -> float:
    return sum(weight for term, weight in weights.items() if term in stems)


def _score(question: str, weights: Mapping[str, float], item: _Candidate) -> float:
    own = _share(weights, item.stems)
    score = own + _CONTEXT_WEIGHT * (_share(weights, item.stems | item.context) - own) + _RANK_WEIGHT / (1 + item.rank)
    score += _CUE_WEIGHT * _cues(question, item.sentence.text) * own
    length = len(words(item.sentence.text))
    score -= _SHORT_PENALTY * (length < _LEAST_WORDS or not item.stems - weights.keys())
    return score / (1 + max(0, length - _MOST_WORDS) / _MOST_WORDS)


def _cues(question: str, sentence: str) -> int:
    """Return how many signs of the kind of answer that is asked for a sentence bears."""
    pairs = (
        (_NUMBER_QUESTION, _NUMBER),
        (_REASON_QUESTION, _REASON),
        (_PERSON_QUESTION, _NAME),
        (_DEFINITION_QUESTION, _DEFINITION),
    )
    return sum(bool(asks.search(question) and bears.search(sentence)) for asks, bears in pairs)
