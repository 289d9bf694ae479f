"""Dollars follow from counts and prices, and docs/cost.md shows what follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devstack.cli.main import run
from devstack.costing.corpus_size import CorpusSize
from devstack.costing.cost_line import CostLine, total_usd
from devstack.costing.ingestion_cost import EmbeddingChoice, ingestion, keeping
from devstack.costing.page import MILLION_CHUNKS, with_tables
from devstack.costing.price_list import DEFAULT_PRICES, PriceList, read_prices
from devstack.costing.question_cost import questions
from devstack.costing.standing_cost import ALARM_METRICS, standing
from devstack.errors import UsageError
from devstack.gateway.document import load_document

ROOT = Path(__file__).parents[4]
OPENAI = EmbeddingChoice("openai", 1536)


@pytest.fixture
def prices() -> PriceList:
    return read_prices()


def by_component(lines: list[CostLine]) -> dict[str, float]:
    return {line.component: line.usd for line in lines}


def corrected(tmp_path: Path, **values: float) -> PriceList:
    content: dict[str, Any] = json.loads(DEFAULT_PRICES.read_text())
    for name, value in values.items():
        part = "prices" if name in content["prices"] else "assumptions"
        content[part][name]["value"] = value
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(content))
    return read_prices(path)


def test_an_ingestion_costs_what_its_formulas_say(tmp_path: Path) -> None:
    ones = corrected(
        tmp_path,
        embedding_million_tokens_usd=2,
        lambda_gb_second_usd=1,
        lambda_million_requests_usd=0,
        worker_gb=2,
        embed_s_a_chunk_openai=0.25,
        graph_s_a_chunk=0.25,
        extract_s_a_file=1,
        extract_s_a_million_characters=10,
        api_million_requests_usd=3_000_000,
        waf_million_requests_usd=1_000_000,
        documents_a_request=100,
        sqs_million_requests_usd=1_000_000,
        queue_requests_a_message=4,
        s3_thousand_puts_usd=1000,
        s3_thousand_gets_usd=1000,
        dynamodb_million_writes_usd=1_000_000,
        log_kb_an_invocation=1,
        logs_gb_usd=1_000_000,
    )
    corpus = CorpusSize(documents=103, uploads=2, upload_characters=1_000_000, chunks=8, tokens=3_000_000, messages=5)
    found = by_component(ingestion(corpus, ones, OPENAI, nat=False))
    assert found == pytest.approx(
        {
            "embedding model": 6,
            "graph": 0,
            "Lambda": (8 * 0.5 + 2 * 1 + 10) * 2,
            "API Gateway, firewall": 4 * 4,  # 101 documents in two requests, and two uploads
            "SQS": 7 * 4,
            "S3": 4,
            "DynamoDB": 8,
            "logs": 11,
        }
    )


def test_the_local_model_is_paid_for_as_time_alone(prices: PriceList) -> None:
    local = by_component(ingestion(MILLION_CHUNKS, prices, EmbeddingChoice("onnx", 384), nat=False))
    remote = by_component(ingestion(MILLION_CHUNKS, prices, OPENAI, nat=False))
    assert local["embedding model"] == 0 < remote["embedding model"]
    assert local["Lambda"] > remote["Lambda"]


def test_vectors_through_a_nat_gateway_are_counted_where_there_is_one(prices: PriceList) -> None:
    without, through = (ingestion(MILLION_CHUNKS, prices, OPENAI, nat=nat) for nat in (False, True))
    assert len(through) == len(without) + 1
    assert total_usd(through) > total_usd(without)


def test_keeping_grows_with_chunks_and_dimensions(prices: PriceList) -> None:
    small = total_usd(keeping(MILLION_CHUNKS, prices, EmbeddingChoice("openai", 512)))
    large = total_usd(keeping(MILLION_CHUNKS, prices, OPENAI))
    twice = total_usd(keeping(MILLION_CHUNKS + MILLION_CHUNKS, prices, OPENAI))
    assert small < large
    assert twice == pytest.approx(2 * large)


def test_kept_answers_spare_the_language_model(tmp_path: Path, prices: PriceList) -> None:
    asked = by_component(questions(prices, provider="openai", generative=True))
    kept = by_component(questions(corrected(tmp_path, cache_hit_share=0.75), provider="openai", generative=True))
    assert kept["language model"] == pytest.approx(asked["language model"] / 4)
    assert kept["Lambda"] < asked["Lambda"]
    assert kept["API Gateway, firewall"] == asked["API Gateway, firewall"]


def test_every_figure_has_a_unit_a_source_and_a_use(prices: PriceList) -> None:
    figures = {**prices.prices, **prices.assumptions}
    formulas = " ".join(
        line.formula
        for lines in (
            ingestion(MILLION_CHUNKS, prices, OPENAI, nat=True, graph_model=True),
            ingestion(MILLION_CHUNKS, prices, EmbeddingChoice("onnx", 384), nat=True),
            keeping(MILLION_CHUNKS, prices, OPENAI),
            questions(prices, provider="openai", generative=False),
            questions(prices, provider="openai", generative=True),
            standing(prices),
        )
        for line in lines
    )
    for name, figure in figures.items():
        assert figure.unit
        assert figure.source
        assert name in formulas or name == "documents_a_request", name


def test_the_alarms_that_are_paid_for_are_those_of_the_templates() -> None:
    alarms = [
        resource["Properties"]
        for template in ("monitoring.yaml", "template.yaml")
        for resource in load_document(ROOT / template)["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]
    watched = [len([each for each in alarm.get("Metrics", ()) if "MetricStat" in each]) or 1 for alarm in alarms]
    assert sum(watched) == ALARM_METRICS


def test_the_page_shows_what_follows_from_the_prices(prices: PriceList) -> None:
    page = (ROOT / "docs" / "cost.md").read_text("utf-8")
    assert with_tables(page, prices) == page, "run `make cost-page`"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"region": "r", "as_of": "today", "note": "", "prices": {}}'])
def test_a_price_list_of_another_form_is_refused_with_its_path(tmp_path: Path, content: str) -> None:
    path = tmp_path / "prices.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=str(path)):
        read_prices(path)


def test_a_price_below_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nat_gb_usd"):
        corrected(tmp_path, nat_gb_usd=-1)


def test_the_command_prints_counts_dollars_and_prices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text("# Boiler\n\nIt is serviced every year in May.")
    assert run(["cost", str(tmp_path), "--json", "--nat"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["corpus"]["files"], shown["corpus"]["chunks"]) == (1, 1)
    assert shown["usd"].keys() == {"ingest", "month", "1000_questions"}
    for part in shown["usd"].values():
        assert part["total"] == pytest.approx(sum(line["usd"] for line in part["components"]), abs=1e-5)
    assert shown["prices"]["as_of"] == "2025-06-01"
    assert run(["cost", str(tmp_path)]) == 0
    assert "To ask 1,000 questions: $" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--chunk-tokens", "64", "--chunk-overlap-tokens", "64"], 2, "lower --chunk-overlap-tokens"),
        (["--prices", "nowhere.json"], 2, "nowhere.json"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, says: str
) -> None:
    (tmp_path / "a.md").write_text("Text.")
    assert run(["cost", str(tmp_path), *arguments]) == code
    assert says in capsys.readouterr().err


def test_a_file_that_cannot_be_ingested_is_told_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"no PDF")
    assert run(["cost", str(tmp_path)]) == 1
    assert "a.pdf" in capsys.readouterr().err


def test_a_model_that_reads_for_the_graph_is_paid_for_what_it_reads_and_writes(tmp_path: Path) -> None:
    ones = corrected(
        tmp_path,
        llm_million_prompt_tokens_usd=10,
        llm_million_completion_tokens_usd=100,
        chunks_a_graph_call=4,
        graph_call_tokens=500_000,
        graph_reply_share=0.5,
    )
    corpus = CorpusSize(documents=1, chunks=9, tokens=2_000_000, messages=1)
    found = by_component(ingestion(corpus, ones, OPENAI, nat=False, graph_model=True))
    assert found["graph"] == pytest.approx((2 + 3 * 0.5) * 10 + 1 * 100)
