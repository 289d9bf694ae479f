"""Secrets from AWS Secrets Manager, cached for some minutes and read again when what they gave was refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from graphwell.adapters.aws_clients import secrets_provider
from graphwell.domain.errors import Unavailable

MAX_AGE_S = 300
"""How long a secret is reused before it is read again."""

BETWEEN_READS_S = 10.0
"""Least time between two readings of a secret that is refused: a wrong one costs no call for every request."""


class RotatedSecret:
    """Gives a secret's fields to one client, which asks again when the server refused the last ones.

    What it gave first may be minutes old; what it gives after that is new, so a rotated secret needs no redeploy.

    Parameters:
        secret_id: name or ARN of a secret that holds a JSON object; empty for none.
        now_s: monotonic seconds, from 0 on.
    """

    def __init__(self, secret_id: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._secret_id = secret_id
        self._now_s = now_s
        self._given: Mapping[str, str] | None = None
        self._read_again_at_s = -BETWEEN_READS_S

    def __call__(self) -> Mapping[str, str]:
        """Return the fields.

        Raises:
            Unavailable: the secret cannot be read.
        """
        if self._given is None:
            self._given = read_secret(self._secret_id)
        elif self._now_s() - self._read_again_at_s >= BETWEEN_READS_S:
            self._read_again_at_s = self._now_s()
            self._given = read_secret(self._secret_id, fresh=True)
        return self._given


_kept = cache(secrets_provider)
"""Gives the one of the process, which keeps what it has read."""


def read_secret(secret_id: str, *, fresh: bool = False) -> Mapping[str, str]:
    """Return the fields of a secret that holds a JSON object; empty when `secret_id` is empty.

    Parameters:
        fresh: whether to read it now, though it may be cached.

    Raises:
        Unavailable: it cannot be read, so that a part that can be done without stays one.
    """
    if not secret_id:
        return {}
    from aws_lambda_powertools.utilities.parameters import GetParameterError, TransformParameterError  # noqa: PLC0415

    try:
        found: Any = _kept().get(secret_id, transform="json", max_age=MAX_AGE_S, force_fetch=fresh)
    except (GetParameterError, TransformParameterError) as error:
        raise Unavailable("A secret cannot be read; try again shortly.") from error
    secret: Mapping[str, str] = found
    return secret
