"""docs/configuration.md: up to date, complete, and right about who reads what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devstack.configuration import page
from devstack.gateway.document import load_document
from devstack.setting_readers import readers
from graphwell.runtime.settings import ReplySettings, Settings

ROOT = Path(__file__).resolve().parents[3]
PAGE = page()
SETTINGS = {**ReplySettings.model_fields, **Settings.model_fields}


def test_the_committed_page_is_up_to_date() -> None:
    committed = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert committed == PAGE, "Run `make configuration` and commit docs/configuration.md."


def test_every_setting_and_every_parameter_is_there_once_and_explained() -> None:
    parameters = load_document(ROOT / "template.yaml")["Parameters"]
    rows = [row.split(" | ") for row in PAGE.splitlines() if row.startswith("| `")]
    named = [re.sub(r"[|` ]", "", row[0]) for row in rows]
    assert sorted(named) == sorted([*parameters, *(f"GRAPHWELL_{name.upper()}" for name in SETTINGS)])
    assert all(any(len(cell) > 10 for cell in row[2:]) for row in rows)


def test_every_setting_is_read_by_some_function() -> None:
    assert readers().keys() == SETTINGS.keys()


@pytest.mark.parametrize(
    ("setting", "functions"),
    [
        ("token_issuer", {"authorizer", "health"}),
        ("llm_model", {"query", "stream", "embed", "agent"}),
        ("extract_memory_mib", {"extract"}),
        ("job_retention_days", {"reconcile"}),
        ("allowed_origin", {"query", "stream", "ingest", "health"}),
        ("chunk_tokens", {"ingest", "extract"}),
    ],
)
def test_a_setting_is_read_by_the_functions_that_do_its_work(setting: str, functions: set[str]) -> None:
    assert readers()[setting] == functions
