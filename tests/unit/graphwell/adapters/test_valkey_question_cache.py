"""Kept questions where the server lacks the search module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from redis.exceptions import ResponseError

from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_question_cache import ValkeyQuestionCache
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import AnsweredText

if TYPE_CHECKING:
    from redis import Redis

ACME = TenantScope("acme")


class WithoutSearch:
    """A server that knows no FT.*; `asked` lists the commands it was sent."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def execute_command(self, name: str, *_: Any) -> None:
        """Refuse a command."""
        self.asked.append(name)
        raise ResponseError(f"unknown command '{name}', with args beginning with: 'questions-2'")

    def eval(self, *_: Any) -> None:
        """Note a script."""
        self.asked.append("EVAL")


def test_without_the_search_module_nothing_is_found_or_kept_and_it_is_asked_once() -> None:
    server = WithoutSearch()
    client = ValkeyClient("redis://localhost", dict)
    client._client = cast("Redis", server)
    questions = ValkeyQuestionCache(client, 2)
    for _ in range(3):
        assert questions.nearest(ACME, "ab", [0.6, 0.8]) == []
        questions.put(ACME, AnsweredText("a", [0.6, 0.8], "ab", 1, "answer"))
    assert server.asked == ["FT.SEARCH"]
