# ruff: noqa: RUF001
"""Questions, answers and citations in scripts without spaces, or with signs that stand apart from their letters."""

from __future__ import annotations

import re
import unicodedata

import pytest

from graphwell.domain.citing import cite
from graphwell.domain.context import Block
from graphwell.domain.extraction import find_answers
from graphwell.domain.passages import Passage
from graphwell.domain.sentences import sentences_of
from graphwell.domain.words import MARKS, content_stems, words

CHINESE = "员工每年有二十天带薪年假。病假最多可以请三十天。加班费按照一点五倍计算。好。"
JAPANESE = "社員は年に二十日の休暇を取れます。残業代は五割増しです。"
THAI = "พนักงานลาป่วยได้สามสิบวัน\n\nพนักงานลาพักร้อนได้ยี่สิบวัน"
HINDI = "दाल बनाने के लिए पानी उबालें। चावल को धोकर रखें।"


def passage(text: str) -> Passage:
    return Passage("staff", "staff~1~0", "-", text, 0, len(text), 1.0)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        (CHINESE, "病假最多可以请多少天？", "病假最多可以请三十天。"),
        (
            "病假最多可以请多少天？病假最多可以请三十天。加班费按照一点五倍计算。",
            "病假最多可以请多少天？",
            "病假最多可以请三十天。",
        ),
        (JAPANESE, "休暇は年に何日取れますか。", "社員は年に二十日の休暇を取れます。"),
        (THAI, "ลาป่วยได้กี่วัน", "พนักงานลาป่วยได้สามสิบวัน"),
        (HINDI, "दाल बनाने के लिए क्या करें?", "दाल बनाने के लिए पानी उबालें।"),
    ],
)
def test_a_sentence_that_answers_is_found(text: str, question: str, answer: str) -> None:
    assert [found.sentence.text for found in find_answers(question, [passage(text)])] == [answer]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (CHINESE, "公司的总部在哪里？"),
        (JAPANESE, "本社はどこにありますか。"),
        (THAI, "สำนักงานใหญ่อยู่ที่ไหน"),
        (HINDI, "दिल्ली की राजधानी कहाँ है?"),
    ],
)
def test_what_the_text_does_not_say_is_refused(text: str, question: str) -> None:
    assert find_answers(question, [passage(text)]) == []


def test_a_claim_is_cited_by_the_sentence_that_says_it() -> None:
    cited = cite("病假最多三十天 [1]。", [Block((passage(CHINESE),))])
    assert [citation.quote for citation in cited.citations] == ["病假最多可以请三十天。"]


@pytest.mark.parametrize(
    "text", ["यह पहला वाक्य है। यह दूसरा है।", "هل هذا سؤال؟ نعم هذا جواب", "یہ پہلا جملہ ہے۔ یہ دوسرا ہے۔"]
)
def test_sentences_end_where_their_script_ends_them(text: str) -> None:
    assert len(sentences_of(text)) == 2


def test_signs_are_part_of_words() -> None:
    assert words("दाल, ป่า ọ̀rọ̀") == ["दाल", "ป่า", "ọ̀rọ̀"]
    assert content_stems("What is Node.js是什么") == ["nod", "js", "是什", "什么"]


def test_only_signs_count_as_such() -> None:
    marks = [character for character in map(chr, range(0x110000)) if re.match(f"[{MARKS}]", character)]
    assert {unicodedata.category(mark)[0] for mark in marks} <= {"M", "C"}
