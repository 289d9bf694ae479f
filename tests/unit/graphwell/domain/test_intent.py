"""Which questions ask for the same thing. The pairs were written for this test; none comes from a collection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.intent import Difference, compare, read_question
from graphwell.domain.intent.guard import MAX_LENGTH, MIN_COSINE

SAME = [
    ("How do I reset my password?", "How can I reset my password?"),
    ("How do I reset my password?", "What are the steps to reset my password?"),
    ("What's the refund policy?", "What is your refund policy?"),
    ("What is the refund policy?", "Can you tell me what the refund policy is?"),
    ("What are the opening hours?", "opening hours"),
    ("What is the difference between TCP and UDP?", "What is the difference between UDP and TCP?"),
    ("Can I pay by credit card?", "Is it possible to pay by credit card?"),
    ("In Python, how do I sort a list?", "How do I sort a list in Python?"),
    ("What is photosynthesis?", "What is meant by photosynthesis?"),
    ("When does the shop open?", "What time does the shop open?"),
    ("Please explain how vaccines work.", "How do vaccines work?"),
    ("Hi, how do I delete my account?", "How do I delete my account?"),
    ("What is the capital of France?", "What\u2019s France\u2019s capital?"),
    ("Why do leaves fall?", "What is the reason that leaves fall?"),
    ("If I resign, do I get my bonus?", "Do I get my bonus if I resign?"),
    ("How do I file an expense report?", "how to file expense reports"),
    ("What is the pressure in the boiler?", "What's the boiler pressure?"),
    ("Which pump is used in unit three?", "Which pump is used in unit 3?"),
    ("What colour is the wire?", "What color is the wire?"),
    ("How can one become a pilot?", "How do I become a good pilot?"),
    ("WHO WROTE THE REPORT", "Who wrote the report?"),
    ("Who came in 3rd?", "Who came in third?"),
    ("What costs 1,500 euros?", "What costs 1500 euros?"),
    ("When can the valve be opened?", "When may the valve be opened?"),
    ("What does `print` do?", "What does \u201cprint\u201d do?"),
]

OTHER = [
    (Difference.NUMBERS, "Who won the 2018 World Cup?", "Who won the 2022 World Cup?"),
    (Difference.NUMBERS, "How do I set up version 1.2?", "How do I set up version 2.1?"),
    (Difference.NUMBERS, "What is the dose for 10 mg tablets?", "What is the dose for 10 g tablets?"),
    (Difference.NUMBERS, "What is 5 minus 3?", "What is 3 minus 5?"),
    (Difference.NUMBERS, "What is -5 in Fahrenheit?", "What is 5 in Fahrenheit?"),
    (Difference.NEGATION, "Which plans include support?", "Which plans do not include support?"),
    (Difference.NEGATION, "Can I take aspirin with alcohol?", "Can I take aspirin without alcohol?"),
    (Difference.NEGATION, "Is it possible to log in?", "Isn't it possible to log in?"),
    (Difference.ANTONYM, "How do I enable two-factor login?", "How do I disable two-factor login?"),
    (Difference.ANTONYM, "What is the maximum upload size?", "What is the minimum upload size?"),
    (Difference.ANTONYM, "Is it legal to park here?", "Is it illegal to park here?"),
    (Difference.NAMES, "What is the population of Paris, Texas?", "What is the population of Paris, France?"),
    (Difference.NAMES, "What are the benefits of vitamin A?", "What are the benefits of vitamin D?"),
    (Difference.WORDS, "How do I use it in c++?", "How do I use it in c#?"),
    (Difference.WORDS, "What does life insurance cover?", "What does insurance cover?"),
    (Difference.WORDS, "Which files are kept here?", "Which files are deleted here?"),
    (Difference.QUESTION_TYPE, "When was the tower built?", "Where was the tower built?"),
    (Difference.QUESTION_TYPE, "Why is the sky blue?", "Is the sky blue?"),
    (Difference.QUESTION_TYPE, "Can I open the valve?", "How do I open the valve?"),
    (Difference.NAMES, "What does the WHO advise?", "Who advises?"),
    (Difference.TENSE, "Who is the president of France?", "Who was the president of France?"),
    (Difference.PERSON, "Did he sign the contract?", "Did she sign the contract?"),
    (Difference.RELATION, "Can I cancel within 30 days?", "Can I cancel after 30 days?"),
    (Difference.RELATION, "How do I turn on notifications?", "How do I turn off notifications?"),
    (Difference.RELATION, "Which flights go from Rome to Oslo?", "Which flights go to Rome from Oslo?"),
    (Difference.RELATION, "Are all employees not covered?", "Are not all employees covered?"),
    (Difference.RELATION, "Which flights go from Rome to Oslo?", "Which flights go from Oslo to Rome?"),
    (Difference.WORD_ORDER, "Which flights go Rome to Oslo?", "Which flights go Oslo to Rome?"),
    (Difference.WORD_ORDER, "How do I convert PDF to Word?", "How do I convert Word to PDF?"),
    (Difference.WORD_ORDER, "Does Alice manage Bob?", "Does Bob manage Alice?"),
    (Difference.RELATION, "Is Python faster than Java?", "Is Java faster than Python?"),
    (Difference.RELATION, "Can dogs be eaten by cats?", "Can cats be eaten by dogs?"),
    (Difference.TENSE, "Who founded Apple?", "Who did Apple found?"),
    (Difference.WORD_ORDER, "What causes headaches?", "What do headaches cause?"),
    (Difference.POINTS_ELSEWHERE, "How do I solve this equation?", "How can I solve this equation?"),
    (Difference.NUMBERS, "How many calories are in 1,5 kg of rice?", "How many calories are in 15 kg of rice?"),
    (Difference.NUMBERS, "What are the three laws of motion?", "What is the third law of motion?"),
    (Difference.WORDS, "How many votes did the party get?", "How many more votes did the party get?"),
    (Difference.NAMES, "What were the sales in May 2020?", "What were the sales in 2020?"),
    (Difference.NAMES, "What US states border Mexico?", "What states border Mexico?"),
    (Difference.NAMES, "What does the AND operator do in SQL?", "What does the OR operator do in SQL?"),
    (Difference.QUESTION_TYPE, "Who may terminate the contract?", "Who must terminate the contract?"),
    (Difference.QUESTION_TYPE, "Should the valve be opened?", "Can the valve be opened?"),
    (Difference.QUESTION_TYPE, "Does the policy cover theft and fire?", "Does the policy cover theft or fire?"),
    (Difference.WORDS, "What does && do in bash?", "What does || do in bash?"),
    (Difference.WORDS, "What does [] mean in Python?", "What does {} mean in Python?"),
    (Difference.WORDS, "What does ? mean in a pattern?", "What does ! mean in a pattern?"),
    (Difference.WORDS, "What does __init__ do in a class?", "What does init do in a class?"),
    (Difference.WORDS, "What does the -v option do?", "What does the -V option do?"),
    (Difference.WORDS, "What does \U0001f44d mean?", "What does \U0001f44e mean?"),
    (Difference.WORDS, "Is x \u2265 5 allowed?", "Is x \u2264 5 allowed?"),
    # Hindi for lentils and heart: the vowel of each is a sign on its first letter.
    (Difference.WORDS, "\u0926\u093e\u0932 \u0915\u0939\u093e\u0901", "\u0926\u093f\u0932 \u0915\u0939\u093e\u0901"),
    # Thai for forest and aunt, which differ by the sign of their tone.
    (Difference.WORDS, "\u0e1b\u0e48\u0e32\u0e44\u0e2b\u0e19", "\u0e1b\u0e49\u0e32\u0e44\u0e2b\u0e19"),
]


@pytest.mark.parametrize(("asked", "kept"), SAME)
def test_questions_in_other_words_ask_for_the_same(asked: str, kept: str) -> None:
    assert compare(asked, kept, 0.95).difference is None
    assert compare(kept, asked, 0.95).difference is None


@pytest.mark.parametrize(("difference", "asked", "kept"), OTHER)
def test_near_questions_that_ask_for_something_else_are_told_apart_by_name(
    difference: Difference, asked: str, kept: str
) -> None:
    found = {compare(asked, kept, 0.99).difference, compare(kept, asked, 0.99).difference}
    assert None not in found
    assert difference in found


def test_the_detail_names_what_differs() -> None:
    assert compare("Who won in 2018?", "Who won in 2022?", 0.99).detail == "2018 | 2022"


def test_far_questions_are_not_even_read() -> None:
    verdict = compare("What is tea?", "What is a tea?", MIN_COSINE - 0.01)
    assert verdict.difference is Difference.DISTANCE


def test_a_long_question_is_found_again_by_its_own_text_alone() -> None:
    long = "What is tea? " * MAX_LENGTH
    assert compare(long, long, 1.0).same
    assert compare(long, long + " ", 1.0).difference is Difference.LENGTH


def test_a_question_that_points_elsewhere_is_the_same_as_itself_alone() -> None:
    assert compare("What is this?", "What is this?", 1.0).same


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_two_texts_get_the_same_verdict_either_way(a: str, b: str) -> None:
    assert compare(a, b, 1.0).same is compare(b, a, 1.0).same


@given(st.text(max_size=120))
def test_any_text_is_read_and_asks_for_the_same_as_itself(text: str) -> None:
    assert read_question(text) == read_question(text)
    assert compare(text, text, 0.0).same
