"""One sentence for an AWS service that does not answer or refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graphwell.domain.errors import Unavailable


@contextmanager
def unavailable_as(sentence: str) -> Iterator[None]:
    """Raise `Unavailable` with this sentence for whatever boto3 raises in a with block."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(sentence) from error
