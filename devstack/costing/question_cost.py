"""Dollars by component of 1,000 questions."""

from __future__ import annotations

from devstack.costing.cost_line import CostLine
from devstack.costing.ingestion_cost import api_line, embedding_line, log_line
from devstack.costing.price_list import MILLION, PriceList

QUESTIONS = 1_000


def questions(prices: PriceList, *, provider: str, generative: bool) -> list[CostLine]:
    """Return what 1,000 questions cost.

    Parameters:
        provider: openai or onnx, as the template's EmbeddingProvider.
        generative: whether a language model words the answers.
    """
    invocations = QUESTIONS * (1 + prices["authorizer_calls_a_question"])
    return [
        api_line(QUESTIONS, "1,000", prices),
        _lambda(prices, invocations, generative=generative),
        embedding_line(QUESTIONS * prices["question_tokens"], "1,000 * question_tokens", prices, provider),
        _language_model(prices) if generative else CostLine("language model", 0.0, "none: sentences are quoted"),
        log_line(invocations, prices),
    ]


def _lambda(prices: PriceList, invocations: float, *, generative: bool) -> CostLine:
    made = 1 - prices["cache_hit_share"]
    slow, quick = prices["query_s_generative" if generative else "query_s_extractive"], prices["query_s_extractive"]
    query_s = QUESTIONS * (made * slow + (1 - made) * quick)
    authorizer_s = QUESTIONS * prices["authorizer_calls_a_question"] * prices["authorizer_s"]
    gb_s = query_s * prices["worker_gb"] + authorizer_s * prices["authorizer_gb"]
    return CostLine(
        "Lambda",
        gb_s * prices["lambda_gb_second_usd"] + invocations / MILLION * prices["lambda_million_requests_usd"],
        "1,000 * ("
        + ("((1 - cache_hit_share) * query_s_generative + cache_hit_share * query_s_extractive)" * generative)
        + ("query_s_extractive" * (not generative))
        + " * worker_gb + authorizer_calls_a_question * authorizer_s * authorizer_gb) * lambda_gb_second_usd"
        " + invocations * lambda_million_requests_usd",
    )


def _language_model(prices: PriceList) -> CostLine:
    prompt = prices["prompt_tokens"] / MILLION * prices["llm_million_prompt_tokens_usd"]
    completion = prices["completion_tokens"] / MILLION * prices["llm_million_completion_tokens_usd"]
    return CostLine(
        "language model",
        QUESTIONS * (1 - prices["cache_hit_share"]) * (prompt + completion),
        "1,000 * (1 - cache_hit_share) * (prompt_tokens * llm_million_prompt_tokens_usd"
        " + completion_tokens * llm_million_completion_tokens_usd)",
    )
