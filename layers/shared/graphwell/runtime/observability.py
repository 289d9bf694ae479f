"""The one logger and the one metrics sink. Document text, questions and tokens are never logged."""

from __future__ import annotations

import logging
import os

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from graphwell.domain.circuit_breaker import BreakerState

logger = Logger()
"""Structured JSON log; service name and level come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL."""

_NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "graphwell")

metrics = Metrics(namespace=_NAMESPACE)
"""CloudWatch metrics in the embedded metric format; the template gives each stack a namespace of its own."""

# Lambda's own log level applies to every library; boto3 tells where it found credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)


def record_breaker(part: str, state: BreakerState, shown_as: str) -> None:
    """Tell operators that a circuit breaker of this environment has opened or closed.

    The metrics `breaker_opened` and `breaker_closed` count these moments by part, over all functions: an alarm can look
    at one list of dimensions alone.

    Parameters:
        shown_as: which of several such parts it is, for the log.
    """
    logger.warning("circuit breaker", extra={"part": shown_as, "state": state})
    name = f"breaker_{_MOMENTS[state]}"
    with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace=_NAMESPACE) as moment:
        moment.service = ""  # which Powertools would make a dimension of its own
        moment.add_dimension("part", part)


_MOMENTS = {BreakerState.OPEN: "opened", BreakerState.CLOSED: "closed"}
