"""A walk prefers sure starts and narrow bridges, and can say which way it went."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.graph.walk import (
    LEADING,
    LEAST_STRENGTH,
    MAX_HOLDERS,
    MAX_REACHED,
    REACH,
    Bridge,
    Leading,
    Path,
    Start,
    best_paths,
    graph_evidence,
    narrowness,
    reached,
    starts,
)

QUESTION = "Who is the spouse of the director of Jump for Glory?"
FILM, WALSH, STUDIO = "film", "walsh", "studio"


def _bridge(end: str, *, key: str = "raoul walsh", holders: int = 2, start: str = FILM) -> Bridge:
    return Bridge(start, key, key.title(), holders, end)


def _ranked(*scores: float, title: str = "Another Film") -> list[Leading]:
    return [Leading(str(number), title, score) for number, score in enumerate(scores)]


def test_a_passage_behind_the_best_by_one_deviation_starts_at_its_odds() -> None:
    begun = starts(QUESTION, _ranked(4.0, 3.0))

    assert [start.chunk_id for start in begun] == ["0", "1"]
    assert [start.strength for start in begun] == pytest.approx([1.0, 1 / math.e])


def test_no_path_begins_far_behind_the_best_passage() -> None:
    assert len(starts(QUESTION, _ranked(4.0, 4.0 + math.log(LEAST_STRENGTH) - 0.01))) == 1
    assert len(starts(QUESTION, _ranked(*[1.0] * (LEADING + 5)))) == LEADING
    assert starts(QUESTION, []) == []


@pytest.mark.parametrize(
    ("question", "title", "is_sure"),
    [
        (QUESTION, "Jump for Glory", True),
        (QUESTION.lower(), "Jump for Glory (1937 film)", True),
        ("Who wrote Brand?", "Brand (play)", True),
        ("who owns the brand?", "Brand (play)", False),
        ("what is heat transfer in slabs?", "heat transfer, a survey of methods", False),
        ("Where is Portland?", "Portland, Oregon", True),
        (QUESTION, "Glory Guys", False),
        (QUESTION, "", False),
    ],
)
def test_what_the_question_names_is_a_sure_start(question: str, title: str, is_sure: bool) -> None:
    ranked = [Leading("best", "Another Film", 5.0), Leading("named", title, 3.0)]

    strengths = {start.chunk_id: start.strength for start in starts(question, ranked)}

    assert (strengths["named"] == 1.0) is is_sure


def test_what_two_documents_share_joins_them_most() -> None:
    values = [narrowness(holders) for holders in range(2, MAX_HOLDERS + 1)]

    assert values[0] == 1.0
    assert values == sorted(values, reverse=True)
    assert min(values) > 0


def test_a_name_in_one_document_joins_nothing() -> None:
    with pytest.raises(ValueError, match="two documents"):
        narrowness(1)


def test_a_shared_name_leads_to_the_second_hop() -> None:
    bridge = _bridge(WALSH)

    paths = best_paths(QUESTION, [Start(FILM, 0.5)], [bridge])

    assert paths == {FILM: Path(0.5, FILM), WALSH: Path(0.5, FILM, bridge)}


@pytest.mark.parametrize(
    "bridge",
    [
        pytest.param(_bridge(WALSH, key="jump for glory"), id="named by the question"),
        pytest.param(_bridge(WALSH, holders=MAX_HOLDERS + 1), id="held by too many"),
        pytest.param(_bridge(WALSH, start="elsewhere"), id="begins nowhere"),
    ],
)
def test_what_leads_nowhere(bridge: Bridge) -> None:
    assert WALSH not in best_paths(QUESTION, [Start(FILM, 1.0)], [bridge])


def test_the_best_of_several_paths_counts_alone() -> None:
    wide, narrow = _bridge(WALSH, key="london", holders=9), _bridge(WALSH)

    paths = best_paths(QUESTION, [Start(FILM, 1.0)], [wide, narrow])

    assert paths[WALSH] == Path(1.0, FILM, narrow)


def test_a_start_keeps_its_own_strength_unless_a_path_to_it_is_stronger() -> None:
    begun = [Start(FILM, 1.0), Start(STUDIO, 0.2), Start(WALSH, 0.9)]

    paths = best_paths(QUESTION, begun, [_bridge(STUDIO), _bridge(FILM, start=STUDIO), _bridge(WALSH, holders=15)])

    assert [paths[chunk_id].strength for chunk_id in (FILM, STUDIO, WALSH)] == [1.0, 1.0, 0.9]


def test_strongest_paths_are_added_and_no_more_than_may_be() -> None:
    paths = {str(number): Path(number / 100, FILM, _bridge(str(number))) for number in range(1, MAX_REACHED + 10)}

    added = reached(paths, known=["49", "1"])

    assert added[:2] == ["48", "47"]
    assert len(added) == MAX_REACHED


def test_evidence_is_in_the_order_asked_for() -> None:
    assert graph_evidence({WALSH: Path(0.5, FILM)}, [FILM, WALSH]) == [0.0, 0.5 * REACH]


_IDS = st.sampled_from("abcdef")
_BRIDGES = st.lists(
    st.builds(Bridge, start=_IDS, key=_IDS, name=_IDS, holders=st.integers(2, 2 * MAX_HOLDERS), end=_IDS), max_size=12
)
_STARTS = st.lists(st.builds(Start, _IDS, st.floats(0.05, 1)), max_size=5, unique_by=lambda start: start.chunk_id)


@given(_STARTS, _BRIDGES)
def test_paths_do_not_depend_on_the_order_of_bridges(begun: list[Start], bridges: list[Bridge]) -> None:
    found = {end: path.strength for end, path in best_paths("", begun, bridges).items()}

    assert found == {end: path.strength for end, path in best_paths("", begun, bridges[::-1]).items()}


@given(_STARTS, _BRIDGES)
def test_no_path_is_stronger_than_its_start(begun: list[Start], bridges: list[Bridge]) -> None:
    strengths = {start.chunk_id: start.strength for start in begun}

    for path in best_paths("", begun, bridges).values():
        assert 0 < path.strength <= strengths[path.start]
