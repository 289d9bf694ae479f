"""Tokens, good and forged, against a JWKS address on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from graphwell.adapters.jwt_token_verifier import CLOCK_SKEW_S, JwtTokenVerifier
from graphwell.adapters.token_form import MAX_TOKEN_LENGTH
from graphwell.domain.errors import Unauthenticated, Unavailable
from graphwell.domain.identity import Role
from graphwell.domain.issuers import Issuer
from tests.fakes.keys import AUDIENCE, ISSUER, KEY_ID, claims, jwk


class KeyServer:
    """Serves a JWKS document, or whatever a test puts in its place."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b""
        self.requests = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests += 1
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(server.body)))
                self.end_headers()
                self.wfile.write(server.body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/jwks"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; safe to repeat."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def keys(key: RSAPrivateKey) -> Iterator[KeyServer]:
    server = KeyServer()
    server.body = json.dumps({"keys": [jwk(key)]}).encode()
    yield server
    server.stop()


@pytest.fixture
def verifier(keys: KeyServer) -> JwtTokenVerifier:
    return JwtTokenVerifier([Issuer(ISSUER, AUDIENCE, keys.url)])


@pytest.fixture
def token(key: RSAPrivateKey) -> Callable[..., str]:
    """Make a token; keyword arguments change its claims, and take one away when they are None."""

    def make(kid: str = KEY_ID, signed_with: RSAPrivateKey = key, **changes: Any) -> str:
        return jwt.encode(claims(**changes), signed_with, algorithm="RS256", headers={"kid": kid})

    return make


def unsigned_parts(header: dict[str, Any], payload: dict[str, Any]) -> str:
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, payload)
    )


def test_a_good_token_says_who_calls(verifier: JwtTokenVerifier, token: Callable[..., str]) -> None:
    caller = verifier.verify(token(roles=["reader", "editor"], tenants={"branch": "admin"}))
    assert (caller.subject, caller.tenant_id) == ("user-1", "acme")
    assert caller.roles == {Role.READER, Role.EDITOR}
    assert caller.tenants == {"branch": Role.ADMIN}
    assert caller.expires_at.tzinfo is not None


def test_keys_are_fetched_once(verifier: JwtTokenVerifier, keys: KeyServer, token: Callable[..., str]) -> None:
    for _ in range(3):
        verifier.verify(token())
    assert keys.requests == 1


def test_an_expired_token_is_refused_and_says_so(verifier: JwtTokenVerifier, token: Callable[..., str]) -> None:
    with pytest.raises(Unauthenticated, match="expired; get a new one"):
        verifier.verify(token(exp=int(time.time()) - CLOCK_SKEW_S - 60))


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "other"},
        {"aud": ["other"]},
        {"iss": "https://issuer.example/other"},
        {"iat": int(time.time()) + 3_600},
        {"nbf": int(time.time()) + 3_600},
        {"exp": "soon"},
        {"sub": 7},
        {"iss": None},
        {"aud": None},
        {"sub": None},
        {"iat": None},
        {"exp": None},
    ],
)
def test_a_token_for_somebody_else_or_without_its_claims_is_refused(
    verifier: JwtTokenVerifier, token: Callable[..., str], change: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(token(**change))


@pytest.mark.parametrize("missing", ["tenant_id", "roles"])
def test_a_token_without_tenant_or_roles_says_which_to_set(
    verifier: JwtTokenVerifier, token: Callable[..., str], missing: str
) -> None:
    with pytest.raises(Unauthenticated, match=f"lacks the claim {missing}; ask an administrator"):
        verifier.verify(token(**{missing: None}))


@pytest.mark.parametrize(
    "change",
    [
        {"roles": "admin"},
        {"roles": ["owner"]},
        {"roles": [7]},
        {"roles": [["admin"]]},
        {"roles": {"admin": True}},
        {"tenant_id": ""},
        {"tenant_id": "a/b"},
        {"tenant_id": 7},
        {"tenant_id": ["acme"]},
        {"sub": ""},
        {"tenants": ["branch"]},
        {"tenants": {"branch": "owner"}},
        {"tenants": {"a/b": "admin"}},
        {"tenants": {"branch": ["admin"]}},
        {"tenants": "branch"},
        {"exp": 10**18},
    ],
)
def test_claims_of_a_wrong_form_are_refused(
    verifier: JwtTokenVerifier, token: Callable[..., str], change: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(token(**change))


def test_a_token_of_another_key_under_a_known_name_is_refused(
    verifier: JwtTokenVerifier, token: Callable[..., str]
) -> None:
    forger = generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(Unauthenticated):
        verifier.verify(token(signed_with=forger))


def test_a_token_of_an_unknown_key_is_refused(verifier: JwtTokenVerifier, token: Callable[..., str]) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(token(kid="key-2"))


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "none", "kid": KEY_ID}, {"alg": "NONE", "kid": KEY_ID}])
def test_an_unsigned_token_is_refused(verifier: JwtTokenVerifier, header: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(unsigned_parts({"typ": "JWT", **header}, claims()) + ".")


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    verifier: JwtTokenVerifier, key: RSAPrivateKey, form: PublicFormat
) -> None:
    secret = key.public_key().public_bytes(Encoding.PEM, form)
    parts = unsigned_parts({"typ": "JWT", "alg": "HS256", "kid": KEY_ID}, claims())
    signature = hmac.new(secret, parts.encode(), hashlib.sha256).digest()
    with pytest.raises(Unauthenticated):
        verifier.verify(parts + "." + base64.urlsafe_b64encode(signature).decode().rstrip("="))


def test_a_token_whose_claims_were_changed_is_refused(verifier: JwtTokenVerifier, token: Callable[..., str]) -> None:
    header, _, signature = token().split(".")
    _, payload = unsigned_parts({}, claims(tenant_id="other")).split(".")
    with pytest.raises(Unauthenticated):
        verifier.verify(f"{header}.{payload}.{signature}")


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "not a token", "\u00e9.\u00e9.\u00e9", "a" * (MAX_TOKEN_LENGTH + 1)]
)
def test_what_is_no_token_is_refused(verifier: JwtTokenVerifier, text: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(text)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (404, b"{}"),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"\xff"),
        (200, b"{}"),
        (200, b'{"keys": []}'),
    ],
)
def test_an_issuer_that_gives_no_keys_is_unavailable(
    verifier: JwtTokenVerifier, keys: KeyServer, token: Callable[..., str], status: int, body: bytes
) -> None:
    keys.status, keys.body = status, body
    with pytest.raises(Unavailable):
        verifier.verify(token())


def test_an_issuer_that_is_away_is_unavailable(keys: KeyServer, token: Callable[..., str]) -> None:
    keys.stop()
    verifier = JwtTokenVerifier([Issuer(ISSUER, AUDIENCE, keys.url)])
    with pytest.raises(Unavailable):
        verifier.verify(token())


def test_keys_fetched_before_serve_while_the_issuer_is_away(
    verifier: JwtTokenVerifier, keys: KeyServer, token: Callable[..., str]
) -> None:
    verifier.verify(token())
    keys.status = 500
    assert verifier.verify(token()).subject == "user-1"
