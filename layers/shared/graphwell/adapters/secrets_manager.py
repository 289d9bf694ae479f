"""Secrets from AWS Secrets Manager, cached for some minutes so that a rotated secret needs no redeploy."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.domain.errors import Unavailable

MAX_AGE_S = 300
"""How long a secret is reused before it is read again."""


def read_secret(secret_id: str) -> Mapping[str, str]:
    """Return the fields of a secret that holds a JSON object; empty when `secret_id` is empty.

    Raises:
        Unavailable: it cannot be read, so that a part that can be done without stays one.
    """
    if not secret_id:
        return {}
    from aws_lambda_powertools.utilities.parameters import (  # noqa: PLC0415
        GetParameterError,
        TransformParameterError,
        get_secret,
    )

    try:
        secret: Mapping[str, str] = get_secret(secret_id, transform="json", max_age=MAX_AGE_S)
    except (GetParameterError, TransformParameterError) as error:
        raise Unavailable("A secret cannot be read; try again shortly.") from error
    return secret
