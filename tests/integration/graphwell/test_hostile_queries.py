"""Whatever is typed as a question, the fulltext index takes it as plain words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Hit, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import Store

BLNS = Path(__file__).resolve().parents[4] / "shared" / "data" / "strings" / "blns.json"

OPERATORS = [
    "AND",
    "OR NOT",
    "boiler AND",
    "NOT boiler",
    "+boiler -boiler",
    "&& || !",
    "(",
    ")",
    "((boiler)",
    "[a TO z]",
    "{a TO z}",
    "[* TO *]",
    '"boiler',
    '"',
    "boiler~",
    "boiler~2",
    "boiler^10",
    "^",
    "*",
    "?",
    "boil*",
    "*oiler",
    "/boil.*/",
    "/",
    "\\",
    "\\u0041",
    "boiler\\",
    "title:boiler",
    "tenant_term:*",
    "*:*",
    "text:(",
    "_exists_:text",
    "<boiler",
    ">=boiler",
    "a:b:c",
    "$(boiler)",
    "`boiler`",
    "'; MATCH (n) DETACH DELETE n //",
    "boiler /* x */",
    "fn:ordered(a b)",
    "@boiler",
    "#boiler",
]


@pytest.fixture(scope="module")
def tenant(store: Store) -> TenantScope:
    scope = TenantScope("hostile-queries")
    ingest(store.staging, scope, prepared("a", "The boiler runs at two bar.", "The cellar is dry.", title="Manual"))
    return scope


def ask(store: Store, scope: TenantScope, text: str) -> list[Hit]:
    query = SearchQuery(text, None, frozenset({SearchMode.FULLTEXT}), 50)
    return list(store.index.search(scope, query, Deadline.after(20)).hits)


@pytest.mark.parametrize("text", OPERATORS)
def test_operators_are_words(store: Store, tenant: TenantScope, text: str) -> None:
    texts = [hit.passage.text for hit in ask(store, tenant, text)]
    asks_for_the_boiler = "boiler" in text
    assert texts == (["The boiler runs at two bar."] if asks_for_the_boiler else [])


def test_strings_that_break_naive_software_are_words(store: Store, tenant: TenantScope) -> None:
    if not BLNS.exists():
        pytest.skip("shared/data/strings/blns.json is not here")
    for text in json.loads(BLNS.read_text()):
        ask(store, tenant, text)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_is_words(store: Store, tenant: TenantScope, text: str) -> None:
    ask(store, tenant, text)


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"word{number}" for number in range(10_000)),
        " ".join(f"{number:x}-{number:x}" for number in range(5_000)),
        " ".join("漢字仮名交じり文の長い列" * 5 for _ in range(160)),
        " ".join(chr(0x4E00 + number) * 60 for number in range(160)),
        "漢" * MAX_QUESTION_LENGTH,
        "".join(chr(0x4E00 + number) for number in range(MAX_QUESTION_LENGTH)),
        "".join(chr(0x3041 + number % 80) + chr(0x4E00 + number) for number in range(5_000)),
        "a_" * 5_000,
        "a1b2" * 2_500,
        " ".join(f"x.y{number}" for number in range(1_400)),
        " ".join("\u2014".join(f"{line}z{number}" for number in range(40)) for line in range(50)),
        "สวัสดี" * 1_600,
        "한국어" * 3_300,
    ],
    ids=lambda text: f"{text[:9]}...",
)
def test_long_questions_stay_below_lucenes_limit_of_clauses(store: Store, tenant: TenantScope, text: str) -> None:
    assert ask(store, tenant, text[:MAX_QUESTION_LENGTH]) == []


def test_one_known_word_among_thousands_is_found(store: Store, tenant: TenantScope) -> None:
    words = " ".join(f"w{number}" for number in range(1_500))
    assert [hit.passage.text for hit in ask(store, tenant, f"{words} cellar")] == ["The cellar is dry."]


@pytest.mark.parametrize("text", ["the", "to be or not to be", "is it in the", "?!", "\u00b2", "_"])
def test_a_question_of_nothing_but_common_words_finds_nothing_by_words(
    store: Store, tenant: TenantScope, text: str
) -> None:
    assert ask(store, tenant, text) == []


def test_words_of_any_case_and_inflection_are_found(store: Store, tenant: TenantScope) -> None:
    assert [hit.passage.text for hit in ask(store, tenant, "BOILERS running")] == ["The boiler runs at two bar."]


def test_a_question_in_chinese_finds_chinese_text(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "锅炉压力为两巴。", "地下室是干的。"))
    assert ask(store, scope, "锅炉的压力是多少")[0].passage.text == "锅炉压力为两巴。"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The gateway listens on 192.168.0.17.", "What is at 192.168.0.17?"),
        ("Call pump.valve.open() first.", "pump.valve.open"),
        ("It was signed by O'Brien.", "O\u2019Brien's"),
        ("It was signed by O\u2019Brien.", "O\u2019Brien"),
        ("It came with 3.14 and weighs 10,000 tons.", "3.14"),
        ("It came with 3.14 and weighs 10,000 tons.", "10,000?"),
        ("\u0926\u093e\u0932 \u0909\u092c\u093e\u0932\u0947\u0902\u0964", "\u0926\u093e\u0932"),
        ("The house in \u0130zmir is sold.", "\u0130zmir"),
    ],
)
def test_what_the_index_keeps_as_one_token_is_found(store: Store, scope: TenantScope, text: str, question: str) -> None:
    ingest(store.staging, scope, prepared("a", text, "The cellar is dry."))
    assert [hit.passage.text for hit in ask(store, scope, question)] == [text]
