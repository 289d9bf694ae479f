"""The scripted model: each kind of reply as OpenAI's client, and those that ship, get it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from devstack.errors import DevstackError
from devstack.scripted_model.script import Prompter, Script, ScriptedCall, ScriptedReply, read_script
from devstack.scripted_model.server import ScriptedModel, scripted_model
from devstack.scripted_model.words import DIMENSIONS, embedding
from graphwell.adapters.openai_answerer import OpenAIAnswerer
from graphwell.adapters.openai_embedder import OpenAIEmbedder
from graphwell.adapters.openai_tool_model import OpenAIToolModel
from graphwell.domain.context import assemble
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable
from graphwell.domain.passages import Passage
from graphwell.ports import AnswerCutShort
from tests.fakes.openai_chat import chat_at

TEXT = "The pump was built in 1854. It drew water."
PASSAGES = [Passage("pump", "pump~1~0", "The pump", TEXT, 0, len(TEXT), 1.0)]
CLAIM = "It was built in 1854 [1]."


def client_of(model: ScriptedModel) -> openai.OpenAI:
    return openai.OpenAI(base_url=model.url, api_key="key", max_retries=0, timeout=20)


def ask(model: ScriptedModel, **options: Any) -> Any:
    return client_of(model).chat.completions.create(
        model="m", messages=[{"role": "user", "content": "When?"}], **options
    )


def answerer(model: ScriptedModel, waits: list[float] | None = None) -> OpenAIAnswerer:
    sleep: Callable[[float], None] = (waits if waits is not None else []).append
    return OpenAIAnswerer(chat_at(model.url, sleep))


def test_replies_come_in_order_and_the_last_one_for_ever() -> None:
    prompter = Prompter((ScriptedReply(text="a"), ScriptedReply(text="b")))
    assert [prompter.next().text for _ in range(4)] == ["a", "b", "b", "b"]


def test_a_text_is_a_completion_and_what_was_asked_is_kept() -> None:
    with scripted_model(ScriptedReply(text="Hello.", prompt_tokens=7)) as model:
        reply = ask(model)
        (asked,) = model.asked
        told = httpx.get(f"{model.url.removesuffix('/v1')}/requests").json()
    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == ("Hello.", "stop")
    assert reply.usage.prompt_tokens == 7
    assert (asked.path, asked.key, asked.body["messages"][0]["content"]) == (
        "/v1/chat/completions",
        "Bearer key",
        "When?",
    )
    assert [each["body"] for each in told] == [asked.body]


def test_calls_of_tools_are_sent_as_written() -> None:
    calls = (ScriptedCall(name="search", arguments={"query": "x"}), ScriptedCall(name="search", arguments="{broken"))
    with scripted_model(ScriptedReply(tool_calls=calls)) as model:
        message = ask(model).choices[0].message
    assert [(each.function.name, each.function.arguments) for each in message.tool_calls] == [
        ("search", '{"query": "x"}'),
        ("search", "{broken"),
    ]


@pytest.mark.parametrize(
    "reply", [ScriptedReply(text="a bc d"), ScriptedReply(pieces=("a b", "c d"))], ids=["words", "pieces"]
)
def test_a_stream_comes_in_pieces_and_tells_what_it_took(reply: ScriptedReply) -> None:
    with scripted_model(reply) as model:
        chunks = list(ask(model, stream=True, stream_options={"include_usage": True}))
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert pieces == (list(reply.pieces) or ["a ", "bc ", "d"])
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens == 5


def test_calls_of_tools_are_streamed_too() -> None:
    reply = ScriptedReply(tool_calls=(ScriptedCall(name="read", arguments={"document": "d"}),))
    with scripted_model(reply) as model:
        chunks = list(ask(model, stream=True))
    (call,) = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert (call.index, call.function.name, json.loads(call.function.arguments)) == (0, "read", {"document": "d"})
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_texts_are_embedded_by_their_words() -> None:
    with scripted_model() as model:
        embedder = OpenAIEmbedder(model="m", dimensions=DIMENSIONS, base_url=model.url, api_key=lambda: "key")
        vector = embedder.embed_query("a pump", Deadline.after(20))
    assert vector == pytest.approx(embedding("a pump"), abs=1e-6)


def test_without_a_script_the_first_sentence_of_the_first_passage_is_quoted() -> None:
    with scripted_model() as model:
        answer = answerer(model).answer("When?", assemble(PASSAGES), Deadline.after(20))
    assert answer.text == "The pump was built in 1854 [1]."


def test_a_limited_rate_is_waited_for_as_it_asks() -> None:
    waits: list[float] = []
    with scripted_model(ScriptedReply(status=429, retry_after_s=1.5), ScriptedReply(text=CLAIM)) as model:
        answer = answerer(model, waits).answer("When?", assemble(PASSAGES), Deadline.after(20))
    assert (answer.grounded, waits) == (True, [1.5])


@pytest.mark.parametrize(
    "reply",
    [
        ScriptedReply(status=500),
        ScriptedReply(raw="{not json"),
        ScriptedReply(raw="[]"),
        ScriptedReply(text=CLAIM, cut=True),
    ],
    ids=["500", "no json", "another form", "cut"],
)
def test_a_broken_reply_is_told_as_unavailable(reply: ScriptedReply) -> None:
    with scripted_model(reply) as model, pytest.raises(Unavailable):
        answerer(model).answer("When?", assemble(PASSAGES), Deadline.after(20))


def test_a_slow_reply_runs_into_the_deadline() -> None:
    with scripted_model(ScriptedReply(text=CLAIM, delay_s=1.5)) as model, pytest.raises(DeadlineExceeded):
        answerer(model).answer("When?", assemble(PASSAGES), Deadline.after(1.3))


def test_a_stream_that_is_cut_keeps_what_was_told() -> None:
    heard: list[str] = []
    reply = ScriptedReply(pieces=(CLAIM, " It drew water [1]. ", "And"), cut=True)
    with scripted_model(reply) as model, pytest.raises(AnswerCutShort) as cut:
        answerer(model).stream("When?", assemble(PASSAGES), Deadline.after(20), heard.append)
    assert cut.value.answer.text == "".join(heard) == CLAIM


def test_a_tool_model_plays_its_turns() -> None:
    calls = (ScriptedCall(name="search", arguments={"query": "who built it"}),)
    with scripted_model(ScriptedReply(tool_calls=calls), ScriptedReply(text="FOUND")) as model:
        tool_model = OpenAIToolModel(chat_at(model.url))
        conversation = tool_model.begin("When?", PASSAGES)
        turn = conversation.turn(Deadline.after(20))
    assert [(call.name, call.arguments) for call in turn.calls] == [("search", '{"query": "who built it"}')]


@pytest.mark.parametrize("path", ["/v1/other", "/chat/completions/"])
def test_other_paths_are_not_there(path: str) -> None:
    with scripted_model() as model:
        assert httpx.post(model.url.removesuffix("/v1") + path, json={}).status_code == 404
        assert httpx.post(f"{model.url}/embeddings", content="{").status_code == 400
        assert not model.asked


def test_a_script_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text('{"replies": [{"status": 429, "retry_after_s": 2}, {"text": "x"}], "dimensions": 8}')
    assert read_script(file) == Script(
        replies=(ScriptedReply(status=429, retry_after_s=2), ScriptedReply(text="x")), dimensions=8
    )


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("{", "the file"),
        ('{"replies": []}', "the file"),
        ('{"replies": [{"txt": "x"}]}', "replies.0.txt"),
        ('{"replies": [{"text": "x", "quote": true}]}', "replies.0"),
    ],
)
def test_another_file_is_refused_with_the_place(tmp_path: Path, content: str, place: str) -> None:
    file = tmp_path / "script.json"
    file.write_text(content)
    with pytest.raises(DevstackError, match=f"no script: {place}:"):
        read_script(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match="cannot be read"):
        read_script(tmp_path / "none.json")
