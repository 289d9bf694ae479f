"""How much time a request has, by what gateway and Lambda say."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.domain.errors import DeadlineExceeded
from graphwell.runtime.invocation import batch_deadline, request_deadline
from tests.unit.graphwell.http.gateway import FakeLambdaContext

NOW_S = 1_800_000_000.0
TOLERANCE_S = 5.0
"""Between what a deadline says and a moment later, on a busy machine."""


def context(left_s: float) -> LambdaContext:
    return cast(LambdaContext, FakeLambdaContext(left_s))


def event(waited_s: float) -> dict[str, Any]:
    return {"requestContext": {"requestTimeEpoch": int((NOW_S - waited_s) * 1000)}}


@pytest.mark.parametrize(
    ("waited_s", "lambda_s", "expected_s"),
    [
        (0.0, 29.0, 28.0),
        (0.0, 15.0, 14.0),
        (10.0, 29.0, 18.0),
        (10.0, 12.0, 11.0),
        (3600.0, 29.0, 28.0),  # an event from a file
        (-5.0, 29.0, 28.0),  # a clock that is ahead
    ],
)
def test_a_request_has_what_is_left_of_the_gateways_time_and_of_lambdas(
    waited_s: float, lambda_s: float, expected_s: float
) -> None:
    deadline = request_deadline(event(waited_s), context(lambda_s), lambda: NOW_S)
    assert expected_s - TOLERANCE_S < deadline.remaining_s() <= expected_s


@pytest.mark.parametrize("waited_s", [28.5, 40.0])
def test_a_request_that_nobody_waits_for_any_more_has_no_time(waited_s: float) -> None:
    with pytest.raises(DeadlineExceeded):
        request_deadline(event(waited_s), context(29.0), lambda: NOW_S).remaining_s()


@pytest.mark.parametrize("odd", [{}, {"requestContext": None}, {"requestContext": {"requestTimeEpoch": "soon"}}])
def test_an_event_without_a_time_has_lambdas(odd: dict[str, Any]) -> None:
    assert 28.0 - TOLERANCE_S < request_deadline(odd, context(29.0), lambda: NOW_S).remaining_s() <= 28.0


def test_work_from_a_queue_leaves_time_to_report() -> None:
    assert 55.0 - TOLERANCE_S < batch_deadline(context(60.0)).remaining_s() <= 55.0
