"""A model that needs none: texts embedded by their words, and prompts answered by the first sentence in them."""

from __future__ import annotations

import math
import re
import zlib

MODEL = "words-64"
DIMENSIONS = 64

_WORD = re.compile(r"\w+")
_PASSAGE = re.compile(r'<(\S+) number="1" [^>\n]*>\n(.*?)\n</\1>', re.DOTALL)


def embedding(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a unit vector that texts with the same words share."""
    vector = [0.01] * dimensions
    for word in _WORD.findall(text.lower()):
        vector[zlib.crc32(word.encode()) % dimensions] += 1
    length = math.hypot(*vector)
    return [value / length for value in vector]


def quotation(prompt: str) -> str:
    """Return the first sentence of the first passage in a prompt, with its citation."""
    passage = _PASSAGE.search(prompt)
    return f"{passage[2].split('. ')[0].rstrip('.')} [1]." if passage else "NOT_IN_PASSAGES"
