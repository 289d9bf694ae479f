"""The normal form by which names are compared, and the other names that a name itself gives."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_KEY_LENGTH = 120
"""Characters of a normal form: what is longer is a sentence, not a name."""

_POSSESSIVE = re.compile(r"['\u2019\u02bc`][sS]?(?![^\W_])")
_APOSTROPHE = re.compile(r"(?<=[^\W_])['\u2019\u02bc`](?=[^\W_])")
_INITIALS = re.compile(r"(?:\b[^\W\d_]\.){2,}")
_NO_WORD = re.compile(r"[\W_]+")
_ARTICLE = re.compile(r"^(?:(?:the|a|an) )+(?=.)")


@lru_cache(maxsize=8192)
def normal_form(name: str) -> str:
    """Return what equal names have in common: no case, accents, punctuation, possessive or leading article.

    It is empty for what holds neither letter nor digit, and for what is longer than `MAX_KEY_LENGTH`.
    """
    if len(name) > 2 * MAX_KEY_LENGTH:
        return ""
    key = _ARTICLE.sub("", comparable(name))
    return key if len(key) <= MAX_KEY_LENGTH else ""


def comparable(text: str) -> str:
    """Return a text of any length as normal forms are written: words of letters and digits, a space between them."""
    text = _APOSTROPHE.sub("", _POSSESSIVE.sub("", _without_marks(text)))
    text = _INITIALS.sub(lambda initials: initials[0].replace(".", ""), text).replace("&", " and ")
    return _NO_WORD.sub(" ", text).strip()


def _without_marks(text: str) -> str:
    """Return a text in lower case, letters without what is set above or below them."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(character for character in folded if not unicodedata.combining(character))


def title_names(title: str) -> tuple[str, ...]:
    """Return the normal forms of the names that a title gives its subject, the fullest first.

    A bracket or what follows a comma tells it from others of its name, as in "Decade (Neil Young album)" and "Portland,
    Oregon"; texts leave that out.
    """
    bare = without_bracket(title)
    keys = (normal_form(title), normal_form(bare), normal_form(bare.split(",", 1)[0]))
    return tuple(key for key in dict.fromkeys(keys) if key)


def without_bracket(title: str) -> str:
    """Return a title without the bracket that it ends with, unless nothing else is in it."""
    bare = title.strip()
    return bare.rpartition("(")[0].strip() or bare if bare.endswith(")") else bare


def holds_name(text: str, key: str) -> bool:
    """Tell whether a text in its `comparable` form holds a name of this normal form, as whole words."""
    return f" {key} " in f" {text} "
