"""`graphwell search --explain`."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from graphwell.http.debug_models import EXAMPLE
from tests.unit.devstack.client.fake_api import FakeApi

Graphwell = Callable[..., Any]


def test_every_stage_is_printed(graphwell: Graphwell, api: FakeApi) -> None:
    api.explanation = deepcopy(EXAMPLE)
    api.explanation["prompt"]["messages"] = [{"role": "system", "content": "Answer [bold]from[/bold] passages."}]
    result = graphwell("search", "Who founded Orbit Press?", "--explain", "--top-k", 1)
    assert result.exit_code == 0
    assert api.bodies("/v1/debug/search") == [{"query": "Who founded Orbit Press?", "top_k": 1}]
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "Searched for (asker's words): Who founded Orbit Press?" in lines
    assert any(line.startswith("vector chunk_embedding 60 1 0 6.1 Who founded") for line in lines)
    assert any(line.startswith("score = 0.65 x similarity_z + 0.35 x bm25_z + 1 x title_evidence") for line in lines)
    assert "1 3.000 0.710 0.000 0.630 0.210 0.000 0.000 0.000 3.000 1 1 - - returned press~2~0 Orbit Press" in lines
    assert "Answer cache, corpus version 7: nothing for this question" in lines
    assert "0.930 Who founded Comet Press?: names (orbit | comet)" in lines
    assert "extractive-2 would be given, of 32000 tokens, some 17:" in lines
    assert "[1] press~2~0" in lines
    assert lines[lines.index("--- system") + 1] == "Answer [bold]from[/bold] passages."


def test_of_many_outranked_candidates_the_first_are_shown(graphwell: Graphwell, api: FakeApi) -> None:
    api.explanation = deepcopy(EXAMPLE)
    outranked = {**EXAMPLE["candidates"][0], "outcome": "outranked"}
    api.explanation["candidates"] = [{**outranked, "chunk_id": f"c{number}"} for number in range(30)]
    shown = graphwell("search", "x", "--explain").stdout
    assert "c9" in shown
    assert "c10" not in shown
    assert "20 more were outranked" in shown


def test_what_steers_a_terminal_is_not_printed(graphwell: Graphwell, api: FakeApi) -> None:
    api.explanation = deepcopy(EXAMPLE)
    api.explanation["candidates"][0]["title"] = "\x1b[31mred"
    api.explanation["question"]["searched"] = "\x1b[31mred"
    assert "\x1b" not in graphwell("search", "x", "--explain").stdout


def test_json_is_the_reply_as_it_came(graphwell: Graphwell, api: FakeApi) -> None:
    api.explanation = EXAMPLE
    assert json.loads(graphwell("search", "x", "--explain", "--json").stdout) == EXAMPLE
