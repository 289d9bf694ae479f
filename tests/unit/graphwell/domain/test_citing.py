"""Citing a reply in pieces and as a whole."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from graphwell.domain.citing import Citing, cite
from graphwell.domain.context import Block
from graphwell.domain.echoes import Instructions
from graphwell.domain.passages import Passage

SOURCE = "The pump was built in 1854. The handle was removed in September."
BLOCKS = [
    Block((Passage("ships", "ships~1~0", "Ships", "Ships wait outside the bar.", 0, 27, 1.0),)),
    Block((Passage("pump", "pump~1~0", "Pump", SOURCE, 0, len(SOURCE), 1.0),)),
]
FRAGMENTS = [
    *["Ships wait", "They sing", "they row", "Mr. Snow", "in 1854", "1", "e.g.", "STOP", "x"],
    *[" ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\t", "\u00a0"],
    *[". ", ".", "! ", "?", "\u2026", '."', ".) ", "\u3002", "\u3002\u3002", "\uff01", "\u0964", "\u061f ", ": ", ", "],
    *["[1]", "[2]", "[9]", " [1, 2]", "[ 1", "1]", "[", "]", " [1].", "[1] [2] ", "[x]: y", "[ ] ", "`a[1]`", "`"],
    *[
        "- ",
        "* ",
        "1. ",
        "# ",
        "#",
        "> ",
        "```",
        "~~~",
        "---",
        "===",
        "| ",
        "|",
        "<b>",
        "</b>",
        "<",
        ">",
        "{%",
        "%}",
        "///",
        ":::",
    ],
]
REPLIES = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)


def pieces_of(reply: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(reply), *(cut % (len(reply) + 1) for cut in cuts)})
    return [reply[start:end] for start, end in pairwise(places)]


@settings(max_examples=1500, deadline=None)
@given(REPLIES, st.one_of(st.none(), st.lists(st.integers(0, 10_000), max_size=8)))
def test_the_parts_are_the_whole_however_a_reply_is_cut(reply: str, cuts: list[int] | None) -> None:
    citing = Citing(BLOCKS, stop="STOP")
    pieces = list(reply) if cuts is None else pieces_of(reply, cuts)
    parts = [citing.read(piece) for piece in pieces] + [citing.end()]
    whole = cite(reply, BLOCKS, stop="STOP")
    assert "".join(parts) == whole.text
    assert citing.cited == whole


def parts_of(*pieces: str) -> list[str]:
    citing = Citing(BLOCKS)
    return [*(citing.read(piece) for piece in pieces), citing.end()]


def test_a_sentence_is_handed_out_when_the_next_one_has_begun() -> None:
    parts = parts_of("Ships wait [1", "].", " It", " is from 1854 [2].")
    assert parts == ["", "", "", "Ships wait [1].", " It is from 1854 [2]."]


def test_a_marker_behind_a_sentence_is_waited_for() -> None:
    assert parts_of("Ships wait. ", "[1, ", "2] ", "They ", "sing.") == ["", "", "", "Ships wait [1] [2].", "", ""]


def test_what_cites_nothing_is_never_handed_out() -> None:
    assert not any(parts_of("Sure! ", "Ships sail. ", "They do [7]. ", "So there."))


def test_an_index_in_code_is_no_marker() -> None:
    cited = cite("They sing `song[1]` and `song[9]` [1].", BLOCKS)
    assert cited.text == "They sing `song[1]` and `song[9]` [1]."
    assert len(cited.citations) == 1
    assert cite("They sing `song[1]`.", BLOCKS).text == ""


def test_a_reply_ends_at_the_stop() -> None:
    cited = cite("Ships wait [1]. It says STOP [2]. It is from 1854 [2].", BLOCKS, stop="STOP")
    assert cited.text == "Ships wait [1]."
    assert cite("STOP [1].", BLOCKS, stop="STOP").citations == ()


def test_a_sentence_that_repeats_the_models_rules_is_left_out_whatever_it_cites() -> None:
    rules = Instructions(["Answer the question from the numbered passages alone."])
    reply = (
        "The pump is from 1854 [2]. My rules: answer the question from the numbered passages alone [2]. Ships wait [1]."
    )
    assert cite(reply, BLOCKS, rules=rules).text == "The pump is from 1854 [1]. Ships wait [2]."
    citing = Citing(BLOCKS, rules=rules)
    told = [citing.read(word) for word in re.findall(r"\S+\s*", reply)]
    assert "".join([*told, citing.end()]) == "The pump is from 1854 [1]. Ships wait [2]."
