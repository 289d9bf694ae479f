"""Secrets from AWS Secrets Manager, cached for some minutes so that a rotated secret needs no redeploy."""

from __future__ import annotations

from collections.abc import Mapping

MAX_AGE_S = 300
"""How long a secret is reused before it is read again."""


def read_secret(secret_id: str) -> Mapping[str, str]:
    """Return the fields of a secret that holds a JSON object; empty when `secret_id` is empty.

    Raises:
        aws_lambda_powertools.utilities.parameters.exceptions.GetParameterError: it cannot be read.
    """
    if not secret_id:
        return {}
    from aws_lambda_powertools.utilities.parameters import get_secret  # noqa: PLC0415

    secret: Mapping[str, str] = get_secret(secret_id, transform="json", max_age=MAX_AGE_S)
    return secret
