"""A message on its way to the dead letters says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from graphwell.domain.errors import Unavailable
from graphwell.runtime.last_try import last_try

EVENT = Path(__file__).resolve().parents[4] / "events" / "embed.json"


def record(receives: int) -> SQSRecord:
    (fields,) = json.loads(EVENT.read_text())["Records"]
    fields["attributes"]["ApproximateReceiveCount"] = str(receives)
    return SQSRecord(fields)


def reasons(receives: int, error: Exception | None, *, graph_away: bool = False) -> list[str]:
    heard: list[str] = []

    def give_up(reason: str) -> None:
        heard.append(reason)
        if graph_away:
            raise Unavailable("The graph does not answer.")

    if error is None:
        with last_try(record(receives), 5, give_up):
            pass
    else:
        with pytest.raises(type(error)), last_try(record(receives), 5, give_up):
            raise error
    return heard


def test_the_last_try_gives_up_with_the_cause() -> None:
    (reason,) = reasons(5, Unavailable("The model does not answer."))
    assert "5 times" in reason
    assert "The model does not answer." in reason


def test_an_unexpected_error_is_named_without_its_text() -> None:
    (reason,) = reasons(6, ValueError("a secret"))
    assert "ValueError" in reason
    assert "secret" not in reason


def test_earlier_tries_and_success_say_nothing() -> None:
    assert reasons(4, Unavailable("The model does not answer.")) == []
    assert reasons(5, None) == []


def test_with_the_graph_away_the_error_itself_comes_out() -> None:
    assert len(reasons(5, ValueError(), graph_away=True)) == 1
