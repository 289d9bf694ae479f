"""Finished answers in Valkey, compressed, for an hour at most."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from typing import Any

from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.passages import Answer, AnswerWithPassages, Citation, Passage, Usage

TTL_S = 3600
MAX_PAYLOAD_BYTES = 256 * 1024
"""A larger answer is not kept: reading it back costs more than it saves."""


class ValkeyAnswerCache:
    """The `AnswerCache` port over one Valkey.

    Parameters:
        client: the pooled client.
    """

    def __init__(self, client: ValkeyClient) -> None:
        self._client = client

    def get(self, key: str) -> AnswerWithPassages | None:
        """Return the answer under a key; see the port. A payload of an older release counts as none."""
        payload: Any = self._client.run(lambda redis: redis.get(key))
        if payload is None:
            return None
        try:
            return _decode(payload)
        except (ValueError, KeyError, TypeError, zlib.error):
            return None

    def put(self, key: str, answer: AnswerWithPassages) -> None:
        """Keep an answer for `TTL_S`; see the port."""
        payload = zlib.compress(json.dumps(asdict(answer), ensure_ascii=False).encode(), level=1)
        if len(payload) <= MAX_PAYLOAD_BYTES:
            self._client.run(lambda redis: redis.set(key, payload, ex=TTL_S))


class NoAnswerCache:
    """The `AnswerCache` port of a deployment without Valkey: finds nothing, keeps nothing."""

    def get(self, key: str) -> AnswerWithPassages | None:  # noqa: ARG002
        """Return None."""
        return None

    def put(self, key: str, answer: AnswerWithPassages) -> None:
        """Keep nothing."""


def _decode(payload: bytes) -> AnswerWithPassages:
    fields = json.loads(zlib.decompress(payload))
    answer = fields["answer"]
    return AnswerWithPassages(
        Answer(
            text=answer["text"],
            grounded=answer["grounded"],
            citations=tuple(Citation(**citation) for citation in answer["citations"]),
            usage=Usage(**answer["usage"]),
        ),
        tuple(_passage(passage) for passage in fields["passages"]),
    )


def _passage(fields: dict[str, Any]) -> Passage:
    lists = {name: tuple(fields[name]) for name in ("headings", "page_breaks")}
    return Passage(**{**fields, **lists})
