"""An issuer's keys and tokens, in memory."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from graphwell.adapters.jwks_key_set import JwksKeySet, KeyReply

ISSUER = "https://issuer.example/project"
AUDIENCE = "project"
JWKS_URL = "https://issuer.example/jwks"
KEY_ID = "key-1"


def new_key(bits: int = 2048) -> RSAPrivateKey:
    """Return a new RSA key."""
    return generate_private_key(public_exponent=65537, key_size=bits)


def jwk(key: RSAPrivateKey, key_id: str = KEY_ID, **changes: Any) -> dict[str, Any]:
    """Return its public half as a JSON Web Key; keyword arguments change its members."""
    public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": key_id, "use": "sig", "alg": "RS256", **changes}


def claims(**changes: Any) -> dict[str, Any]:
    """Return good claims; keyword arguments change them, and None takes one away."""
    now = int(time.time())
    made = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user-1",
        "iat": now - 10,
        "auth_time": now - 20,
        "exp": now + 600,
        "tenant_id": "acme",
        "roles": ["reader"],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def encoded(part: bytes | str | dict[str, Any]) -> str:
    """Return a part of a token: bytes and text as they are, objects as JSON."""
    if isinstance(part, dict):
        part = json.dumps(part)
    raw = part.encode() if isinstance(part, str) else part
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class FakeIssuer:
    """Answers for its address; `asked` counts how often. While `down`, it does not answer."""

    def __init__(self, *keys: dict[str, Any], cache_control: str = "max-age=3600") -> None:
        self.keys = list(keys)
        self.cache_control = cache_control
        self.body: bytes | None = None
        self.down = False
        self.asked = 0
        self.now_s = 1000.0

    def open(self, url: str) -> JwksKeySet:
        """Return the key set of this issuer, on a clock that `now_s` sets."""
        return JwksKeySet(url, now=lambda: self.now_s, fetch=self._answer)

    def _answer(self, _url: str) -> KeyReply:
        self.asked += 1
        if self.down:
            raise OSError("away")
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        return KeyReply(body, self.cache_control)
