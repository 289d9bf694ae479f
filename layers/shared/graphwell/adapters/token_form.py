"""The strict form of a signed token, checked before any library reads it: one way to write it, nothing said twice."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_TOKEN_LENGTH = 8192
"""Below API Gateway's limit for all headers together (10,240 bytes)."""

MAX_KEY_ID_LENGTH = 256
_PARTS = 3


class MalformedToken(ValueError):
    """The token is not written as RFC 7515 section 3.1 and RFC 8725 have it."""


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """What a token says, none of it proved yet.

    Parameters:
        key_id: the `kid` of its header.
        claims: its payload.
    """

    key_id: str
    claims: Mapping[str, Any]


def read_token(token: str) -> UnverifiedToken:
    """Return what a token says.

    Refused are: another shape than three canonical base64url parts, JSON with a name twice or with NaN, another
    algorithm than RS256, a missing key id, critical extensions (none is known here), and keys that a token carries.

    Raises:
        MalformedToken: any of these.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise MalformedToken("too long")
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise MalformedToken("not three parts")
    header, claims, _ = _object(parts[0]), _object(parts[1]), _bytes(parts[2])
    if header.get("alg") != "RS256":
        raise MalformedToken("not RS256")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID_LENGTH:
        raise MalformedToken("no usable key id")
    if carried := header.keys() & {"crit", "b64", "jwk", "jku", "x5u", "x5c", "enc", "zip"}:
        raise MalformedToken(f"header has {', '.join(sorted(carried))}")
    return UnverifiedToken(key_id, claims)


def _bytes(part: str) -> bytes:
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedToken("not base64url") from error
    # Padding, the other alphabet and stray trailing bits would make one token writable in many ways.
    if not decoded or base64.urlsafe_b64encode(decoded).decode().rstrip("=") != part:
        raise MalformedToken("not canonical base64url")
    return decoded


def _object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(part).decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedToken("not a JSON object") from error
    if not isinstance(value, dict):
        raise MalformedToken("not a JSON object")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedToken("a name stands twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedToken(f"{name} is not JSON")
