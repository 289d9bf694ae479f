"""The threat model names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCUMENT = "docs/security.md"
ROOT = Path(__file__).parents[2]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / DOCUMENT).read_text())))


def test_the_document_names_tests() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_the_threat_model_names_exists(path: str, name: str) -> None:
    text = (ROOT / path).read_text()
    assert not name or re.search(rf"^def {name}\(", text, re.MULTILINE), f"{DOCUMENT} names {path}::{name}"
