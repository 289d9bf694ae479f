"""An issuer's public keys: fetched when needed, kept as long as the issuer says, and for a while when it is away."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, NoReturn
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from graphwell.adapters.weak_rsa_keys import is_roca
from graphwell.domain.errors import Unauthenticated, Unavailable

SHORTEST_LIFE_S = 300
DEFAULT_LIFE_S = 3600
LONGEST_LIFE_S = 86_400
"""Bounds of the Cache-Control that is honoured; Firebase's own is about six hours."""

STALE_FOR_S = 86_400
"""How long keys past their life still count while the issuer does not answer."""

BETWEEN_FETCHES_S = 10
"""Least time between fetches, so that neither tokens with made-up key ids nor an outage hammer the issuer."""

TIMEOUT_S = 3
MAX_REPLY_BYTES = 256 * 1024
LEAST_KEY_BITS = 2048
"""NIST SP 800-131A revision 2, section 3."""

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?=$|[\s,;])", re.IGNORECASE)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class KeyReply:
    """What an issuer answers: the document, and the Cache-Control header that came with it."""

    body: bytes
    cache_control: str


class JwksKeySet:
    """Keys of one issuer by their ids.

    Parameters:
        url: https address of the JSON Web Key Set; http only to this machine.
        now: clock in seconds that never goes back.
        fetch: reads an address; raises OSError or HTTPException when it does not answer.

    Raises:
        ValueError: the address is neither https nor on this machine.
    """

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], float] = time.monotonic,
        fetch: Callable[[str], KeyReply] | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("The address of an issuer's keys must be https.")
        self._url = url
        self._now = now
        self._fetch = fetch or fetch_keys
        self._keys: dict[str, RSAPublicKey] = {}
        self._fresh_until = self._usable_until = self._next_fetch_at = float("-inf")

    def key(self, key_id: str) -> RSAPublicKey:
        """Return the public key of that id; an unknown id asks the issuer again, though not more often than allowed.

        Raises:
            Unauthenticated: the issuer publishes no such key.
            Unavailable: the keys cannot be fetched, and those at hand are too old.
        """
        if self._now() >= self._fresh_until or key_id not in self._keys:
            self._refresh()
        if self._now() >= self._usable_until:
            raise Unavailable("The issuer's keys cannot be fetched; try again shortly.")
        if key_id not in self._keys:
            raise Unauthenticated("The token is not signed with a current key of its issuer; get a new one.")
        return self._keys[key_id]

    def _refresh(self) -> None:
        """Fetch the keys, unless that was tried just now; on failure those at hand stay."""
        now = self._now()
        if now < self._next_fetch_at:
            return
        self._next_fetch_at = now + BETWEEN_FETCHES_S
        try:
            reply = self._fetch(self._url)
            keys = read_keys(reply.body)
        except (OSError, HTTPException, ValueError):
            return
        self._keys = keys
        self._fresh_until = now + lifetime_s(reply.cache_control)
        self._usable_until = self._fresh_until + STALE_FOR_S


def lifetime_s(cache_control: str) -> int:
    """Return for how many seconds a reply with this Cache-Control is fresh, within the bounds."""
    found = _MAX_AGE.search(cache_control)
    return min(max(int(found[1]), SHORTEST_LIFE_S), LONGEST_LIFE_S) if found else DEFAULT_LIFE_S


def read_keys(document: bytes) -> dict[str, RSAPublicKey]:
    """Return the RS256 signing keys of a JSON Web Key Set by id; other keys, and weak ones, are left out.

    Raises:
        ValueError: it is no key set, or holds no such key.
    """
    try:
        entries = json.loads(document)["keys"]
        keys = {entry["kid"]: key for entry in entries if (key := _signing_key(entry)) is not None}
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("The reply is not a JSON Web Key Set.") from error
    if not keys:
        raise ValueError("The key set holds no RSA signing key.")
    return keys


def _signing_key(entry: Any) -> RSAPublicKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    operations = entry.get("key_ops", ["verify"])  # RFC 7517, section 4.3
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        key = jwt.PyJWK(entry, algorithm="RS256").key
    except jwt.PyJWTError:
        return None
    return key if isinstance(key, RSAPublicKey) and _is_strong(key) else None


def _is_strong(key: RSAPublicKey) -> bool:
    return key.key_size >= LEAST_KEY_BITS and not is_roca(key.public_numbers().n)


class _RefuseRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, _fp: IO[bytes], code: int, _msg: str, headers: HTTPMessage, newurl: str
    ) -> NoReturn:
        raise urllib.error.HTTPError(req.full_url, code, f"will not follow to {urlsplit(newurl).netloc}", headers, None)


def fetch_keys(url: str) -> KeyReply:
    """Return what is at an address.

    Raises:
        OSError, HTTPException: it does not answer with 200 in time, redirects, or sends more than `MAX_REPLY_BYTES`.
    """
    opener = urllib.request.build_opener(_RefuseRedirects)
    with opener.open(url, timeout=TIMEOUT_S) as reply:
        body: bytes = reply.read(MAX_REPLY_BYTES + 1)
        if len(body) > MAX_REPLY_BYTES:
            raise OSError("The key set is too large.")
        return KeyReply(body, reply.headers.get("Cache-Control", ""))
