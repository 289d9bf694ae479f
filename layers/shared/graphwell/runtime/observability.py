"""The one logger and the one metrics sink. Document text, questions and tokens are never logged."""

from __future__ import annotations

import logging
import os

from aws_lambda_powertools import Logger, Metrics

logger = Logger()
"""Structured JSON log; service name and level come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL."""

metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "graphwell"))
"""CloudWatch metrics in the embedded metric format; the template gives each stack a namespace of its own."""

# Lambda's own log level applies to every library; boto3 tells where it found credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)
