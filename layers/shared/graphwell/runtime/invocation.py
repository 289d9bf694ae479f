"""The time that an invocation has: Lambda ends it at one moment, and API Gateway stops to wait for it at another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.domain.deadline import Deadline

GATEWAY_LIMIT_S = 29.0
"""API Gateway ends an integration after 29 seconds."""

REPLY_MARGIN_S = 1.0
"""Kept back to write the reply."""

BATCH_MARGIN_S = 5.0
"""Kept back so that an invocation that runs out of time still reports what is done."""

_STALE_S = 60.0
"""An event that was older than this on arrival is replayed from a file, or a clock is wrong: its time says nothing."""


def request_deadline(
    event: Mapping[str, Any], context: LambdaContext, now_s: Callable[[], float] = time.time
) -> Deadline:
    """Return when the reply to a gateway's request has to be ready.

    The gateway has waited since it received the request, through queueing and a cold start: a request that nobody waits
    for any more is given no time at all.

    Parameters:
        now_s: Unix time.
    """
    left_s = context.get_remaining_time_in_millis() / 1000
    received_ms = (event.get("requestContext") or {}).get("requestTimeEpoch")
    waited_s = now_s() - received_ms / 1000 if isinstance(received_ms, int | float) else 0.0
    if not 0 <= waited_s <= _STALE_S:
        waited_s = 0.0
    return Deadline.after(min(left_s, GATEWAY_LIMIT_S - waited_s) - REPLY_MARGIN_S)


def batch_deadline(context: LambdaContext) -> Deadline:
    """Return when work that came from a queue or a schedule has to end."""
    return Deadline.after(context.get_remaining_time_in_millis() / 1000 - BATCH_MARGIN_S)
