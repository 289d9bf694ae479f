"""User text as a Lucene query that cannot be steered by it."""

from __future__ import annotations

import re

from graphwell.adapters.filter_terms import lucene_filters
from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.filters import Filters
from graphwell.domain.tenancy import TenantScope

MAX_TERMS = 256
"""Lucene refuses more than 1,024 clauses; each term stands in two fields."""

MAX_TERM_LENGTH = 64
"""A longer run of letters is no word that a document would share by itself."""

ONE_LETTER_WORDS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Han and Hiragana, which the analyzer makes a term each: counted as such, they stay within `MAX_TERMS`."""

_WORD = re.compile(rf"(?=\w)[{ONE_LETTER_WORDS}]|[^\W{ONE_LETTER_WORDS}]+")


def question_words(text: str) -> dict[str, None]:
    """Return the distinct words of a question in order, lower-cased and cut to `MAX_TERM_LENGTH`."""
    return dict.fromkeys(word[:MAX_TERM_LENGTH] for word in _WORD.findall(text.lower()))


def lucene_query(scope: TenantScope, text: str, filters: Filters = ()) -> str | None:
    """Return the query over title and text inside one tenant, or None when the text has no word.

    Only word characters in lower case are passed on, so no character is an operator and no word a keyword.
    Of more than `MAX_TERMS` distinct words the longest are kept: they are the rarest on average (Zipf's law of
    abbreviation), so they carry the most of a ranking.
    """
    words = question_words(text)
    if not words:
        return None
    kept = set(sorted(words, key=len, reverse=True)[:MAX_TERMS])
    terms = " ".join(word for word in words if word in kept)
    return f"+tenant_term:{tenant_term(scope)}^0{lucene_filters(scope, filters)} +(title:({terms}) text:({terms}))"


def lucene_names(scope: TenantScope, text: str) -> str | None:
    """Return the query over names inside one tenant, or None when the text has no word.

    Words stand in it as they are typed too, in quotes, so that the index cuts "U.S." and "rock'n'roll" as it cut them
    in names; without quotation marks and backslashes nothing in quotes is an operator.
    """
    words = question_words(text)
    if not words:
        return None
    typed = (re.sub(r"[\"\\]", "", word) for word in text.lower().split() if _WORD.search(word))
    terms = " ".join([*words, *(f'"{word}"' for word in typed if word not in words)])
    return f"+tenant_term:{tenant_term(scope)}^0 +name:({terms})"
