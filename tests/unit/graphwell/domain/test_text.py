"""What text is accepted."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.errors import InvalidInput
from graphwell.domain.text import accept_text

VISIBLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "M"]), min_size=1).filter(lambda text: text.strip())


def accept(value: str, max_length: int = 10_000) -> str:
    return accept_text(value, "documents[0].text", max_length=max_length)


@given(VISIBLE)
def test_visible_text_is_kept_in_its_composed_form(text: str) -> None:
    assert accept(text) == unicodedata.normalize("NFC", text)


@given(VISIBLE)
def test_accepted_text_is_accepted_again_unchanged(text: str) -> None:
    accepted = accept(text)
    assert accept(accepted, max_length=len(accepted)) == accepted


def test_decomposed_letters_are_composed() -> None:
    assert accept("cafe\u0301") == "caf\u00e9"


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\r\nb", "a\fb"])
def test_white_space_controls_are_kept(text: str) -> None:
    assert accept(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(0)</script>",
        "'; DROP TABLE users; --",
        "$(touch /tmp/x)",
        "../../../etc/passwd",
        "\u202etest\u202e",
        "\u200bzero width",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        "\ufdfa",
        "\u0e01\u0e33",
        "{{7*7}} ${7*7} %d %s %n",
        "title:foo AND NOT bar~ [a TO z]",
        "\ufffe\uffff",
    ],
)
def test_strange_text_is_text(text: str) -> None:
    assert accept(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("code", [*range(0x09), 0x0B, *range(0x0E, 0x20), *range(0x7F, 0xA0)])
def test_a_control_character_is_refused_with_its_place(code: int) -> None:
    with pytest.raises(InvalidInput, match=rf"Character 2 is a control character \(U\+{code:04X}\)"):
        accept(f"ab{chr(code)}cd")


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_a_lone_surrogate_is_refused_with_its_place(code: int) -> None:
    with pytest.raises(InvalidInput, match="Character 1 is a lone surrogate"):
        accept(f"a{chr(code)}")


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\u00a0\u2003\u3000"])
def test_blank_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        accept(text)


def test_text_may_be_just_as_long_as_allowed() -> None:
    assert accept("a" * 10, max_length=10) == "a" * 10
    with pytest.raises(InvalidInput, match="At most 10 characters are accepted; this has 11"):
        accept("a" * 11, max_length=10)


def test_a_refusal_names_the_field_and_never_repeats_the_text() -> None:
    with pytest.raises(InvalidInput) as refusal:
        accept("secret\x00secret")
    assert refusal.value.field == "documents[0].text"
    assert "secret" not in refusal.value.detail


def test_more_combining_marks_on_one_letter_than_unicode_allows_are_refused() -> None:
    """Normalising sorts them, in time that grows with the square of their number."""
    assert accept("a" + "\u0301\u0316" * 15)
    with pytest.raises(InvalidInput, match="Character 31 is one more combining mark"):
        accept("a" + "\u0301\u0316" * 1_000_000, max_length=4_000_000)
