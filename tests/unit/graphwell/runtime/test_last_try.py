"""A message on its way to the dead letters says why."""

from __future__ import annotations

import pytest

from graphwell.adapters.sqs_lease import MAX_RECEIVES
from graphwell.domain.errors import Unavailable
from graphwell.runtime.last_try import last_try


def reasons(receives: int, error: Exception | None, *, graph_away: bool = False) -> list[str]:
    heard: list[str] = []

    def give_up(reason: str) -> None:
        heard.append(reason)
        if graph_away:
            raise Unavailable("The graph does not answer.")

    if error is None:
        with last_try(receives, give_up):
            pass
    else:
        with pytest.raises(type(error)), last_try(receives, give_up):
            raise error
    return heard


def test_the_last_try_gives_up_with_the_cause() -> None:
    (reason,) = reasons(MAX_RECEIVES, Unavailable("The model does not answer."))
    assert f"{MAX_RECEIVES} times" in reason
    assert "The model does not answer." in reason


def test_an_unexpected_error_is_named_without_its_text() -> None:
    (reason,) = reasons(MAX_RECEIVES + 1, ValueError("a secret"))
    assert "ValueError" in reason
    assert "secret" not in reason


def test_earlier_tries_and_success_say_nothing() -> None:
    assert reasons(MAX_RECEIVES - 1, Unavailable("The model does not answer.")) == []
    assert reasons(MAX_RECEIVES, None) == []


def test_with_the_graph_away_the_error_itself_comes_out() -> None:
    assert len(reasons(MAX_RECEIVES, ValueError(), graph_away=True)) == 1
