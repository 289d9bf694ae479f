"""User text as a Lucene query that cannot be steered by it."""

from __future__ import annotations

import re
from collections.abc import Sequence

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

LONGEST_TOKEN = 255
"""Characters of a token in the index; it cuts what is longer."""

_WORD = re.compile(rf"(?=\w)[{ONE_LETTER_WORDS}]|[^\W{ONE_LETTER_WORDS}]+")
_TYPED = re.compile(rf"[^\s!\"#$%&()*+/;<=>?@\[\\\]^`{{|}}~\-{ONE_LETTER_WORDS}]+")
"""What the analyzer may make one token of: it parts words at these signs, but not at all others."""
_AROUND_WORDS = ".,:'\u2019\u2018\u201c\u201d\u00ab\u00bb\u2026"
_ENDING = re.compile(r"['\u2019](?:s|t|m|d|re|ve|ll)?\Z", re.IGNORECASE)
"""Of possessives, which the analyzer cuts off, and of contractions, which say nothing that texts would share."""


def question_words(text: str) -> dict[str, None]:
    """Return the distinct words of a question in order, lower-cased and cut to `MAX_TERM_LENGTH`."""
    return dict.fromkeys(word[:MAX_TERM_LENGTH] for word in _WORD.findall(lowered(text)))


def lowered(text: str) -> str:
    """Return a text in lower case as the index has it, where a letter stays one: of "\u0130" Python makes two."""
    return text.replace("\u0130", "i").lower()


def lucene_query(scope: TenantScope, text: str, filters: Filters = ()) -> str | None:
    """Return the query over title and text inside one tenant, or None when the text has no word.

    Only word characters in lower case are passed on, and in quotes what the analyzer may make one token of, such as
    "192.168.0.1", "3.14" and "o'brien": so no character is an operator and no word a keyword. Of more than `MAX_TERMS`
    distinct words the longest are kept: they are the rarest on average (Zipf's law of abbreviation), so they carry the
    most of a ranking.
    """
    words = question_words(text)
    if not words:
        return None
    terms = " ".join(_longest([*words, *(f'"{word}"' for word in _joined_words(text))]))
    return f"+tenant_term:{tenant_term(scope)}^0{lucene_filters(scope, filters)} +(title:({terms}) text:({terms}))"


def _longest(words: Sequence[str]) -> list[str]:
    kept = set(sorted(words, key=len, reverse=True)[:MAX_TERMS])
    return [word for word in words if word in kept]


def _joined_words(text: str) -> dict[str, None]:
    """Return the distinct words with signs in them, as they are typed, without quotation marks and backslashes.

    An apostrophe is looked for in both of its forms.
    """
    typed = (_ENDING.sub("", word.strip(_AROUND_WORDS)) for word in _TYPED.findall(text))
    return dict.fromkeys(
        form
        for word in typed
        if len(word) <= LONGEST_TOKEN and _WORD.search(word) and not _WORD.fullmatch(word)
        for form in (word.replace("\u2019", "'"), word.replace("'", "\u2019"))
    )


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
