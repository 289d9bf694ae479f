"""Dollars by component of taking a corpus in, and of keeping it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from devstack.costing.corpus_size import CorpusSize
from devstack.costing.cost_line import CostLine
from devstack.costing.price_list import GB, MILLION, PriceList


@dataclass(frozen=True)
class EmbeddingChoice:
    """What the stack embeds with.

    Parameters:
        provider: openai or onnx, as the template's EmbeddingProvider.
        dimensions: of a vector.
    """

    provider: str
    dimensions: int


def ingestion(
    corpus: CorpusSize, prices: PriceList, embedding: EmbeddingChoice, *, nat: bool, graph_model: bool = False
) -> list[CostLine]:
    """Return what ingesting a corpus costs, once.

    Parameters:
        nat: whether text and vectors pass a NAT gateway.
        graph_model: whether a language model reads relations out of the chunks.
    """
    p = prices
    requests = math.ceil((corpus.documents - corpus.uploads) / p["documents_a_request"]) + corpus.uploads
    messages = corpus.messages + corpus.uploads
    invocations = requests + messages
    lines = [
        embedding_line(corpus.tokens, "tokens", p, embedding.provider),
        _graph(corpus, p) if graph_model else CostLine("graph", 0.0, "none: rules read names"),
        _lambda(corpus, invocations, p, embedding.provider),
        api_line(requests, "requests", p),
        CostLine(
            "SQS",
            messages * p["queue_requests_a_message"] / MILLION * p["sqs_million_requests_usd"],
            "messages * queue_requests_a_message * sqs_million_requests_usd",
        ),
        CostLine(
            "S3",
            corpus.uploads / 1000 * (p["s3_thousand_puts_usd"] + p["s3_thousand_gets_usd"]),
            "uploads * (s3_thousand_puts_usd + s3_thousand_gets_usd)",
        ),
        CostLine(
            "DynamoDB",
            2 * requests / MILLION * p["dynamodb_million_writes_usd"],
            "2 * requests * dynamodb_million_writes_usd",
        ),
        log_line(invocations, p),
    ]
    return [*lines, _nat(corpus, p, embedding)] if nat else lines


def keeping(corpus: CorpusSize, prices: PriceList, embedding: EmbeddingChoice) -> list[CostLine]:
    """Return what keeping a corpus searchable costs a month."""
    resident_gb = graph_bytes(corpus, prices, embedding) / GB * prices["resident_share"]
    return [
        CostLine(
            "Neo4j",
            resident_gb * prices["neo4j_gb_month_usd"],
            "(chunks * dimensions * bytes_a_dimension_on_disk + text * text_copies_on_disk) * resident_share"
            " * neo4j_gb_month_usd",
        )
    ]


def graph_bytes(corpus: CorpusSize, prices: PriceList, embedding: EmbeddingChoice) -> float:
    """Return the bytes that a corpus takes in Neo4j, vectors and text with their indexes."""
    vectors = corpus.chunks * embedding.dimensions * prices["bytes_a_dimension_on_disk"]
    return vectors + corpus.embedded_bytes * prices["text_copies_on_disk"]


def embedding_line(tokens: float, of: str, prices: PriceList, provider: str) -> CostLine:
    """Return what the embedding endpoint takes for tokens; nothing when the model runs in the functions."""
    if provider == "onnx":
        return CostLine("embedding model", 0.0, "none: it runs in the functions")
    usd = tokens / MILLION * prices["embedding_million_tokens_usd"]
    return CostLine("embedding model", usd, f"{of} * embedding_million_tokens_usd")


def api_line(requests: float, of: str, prices: PriceList) -> CostLine:
    """Return what requests cost before a function sees them."""
    usd = requests / MILLION * (prices["api_million_requests_usd"] + prices["waf_million_requests_usd"])
    return CostLine("API Gateway, firewall", usd, f"{of} * (api_million_requests_usd + waf_million_requests_usd)")


def log_line(invocations: float, prices: PriceList) -> CostLine:
    """Return what the logs of invocations cost to take in."""
    usd = invocations * prices["log_kb_an_invocation"] / MILLION * prices["logs_gb_usd"]
    return CostLine("logs", usd, "invocations * log_kb_an_invocation * logs_gb_usd")


def _graph(corpus: CorpusSize, prices: PriceList) -> CostLine:
    calls = math.ceil(corpus.chunks / prices["chunks_a_graph_call"])
    tokens_in = corpus.tokens + calls * prices["graph_call_tokens"]
    tokens_out = corpus.tokens * prices["graph_reply_share"]
    usd = tokens_in * prices["llm_million_prompt_tokens_usd"] + tokens_out * prices["llm_million_completion_tokens_usd"]
    return CostLine(
        "graph",
        usd / MILLION,
        "(tokens + chunks / chunks_a_graph_call * graph_call_tokens) * llm_million_prompt_tokens_usd"
        " + tokens * graph_reply_share * llm_million_completion_tokens_usd",
    )


def _lambda(corpus: CorpusSize, invocations: int, prices: PriceList, provider: str) -> CostLine:
    chunk_s = prices[f"embed_s_a_chunk_{provider}"] + prices["graph_s_a_chunk"]
    reading_s = (
        corpus.uploads * prices["extract_s_a_file"]
        + corpus.upload_characters / MILLION * prices["extract_s_a_million_characters"]
    )
    gb_s = (corpus.chunks * chunk_s + reading_s) * prices["worker_gb"]
    return CostLine(
        "Lambda",
        gb_s * prices["lambda_gb_second_usd"] + invocations / MILLION * prices["lambda_million_requests_usd"],
        f"(chunks * (embed_s_a_chunk_{provider} + graph_s_a_chunk) + uploads * extract_s_a_file + characters of uploads"
        " * extract_s_a_million_characters) * worker_gb * lambda_gb_second_usd"
        " + invocations * lambda_million_requests_usd",
    )


def _nat(corpus: CorpusSize, prices: PriceList, embedding: EmbeddingChoice) -> CostLine:
    to_neo4j = corpus.chunks * embedding.dimensions * prices["bolt_bytes_a_dimension"] + corpus.text_bytes
    from_model = corpus.chunks * embedding.dimensions * prices["json_bytes_a_dimension"] + corpus.embedded_bytes
    asks = embedding.provider == "openai"
    return CostLine(
        "NAT gateway, by the GB",
        (to_neo4j + from_model * asks) / GB * prices["nat_gb_usd"],
        "(chunks * dimensions * bolt_bytes_a_dimension + text"
        + " + chunks * dimensions * json_bytes_a_dimension + text embedded" * asks
        + ") * nat_gb_usd",
    )
