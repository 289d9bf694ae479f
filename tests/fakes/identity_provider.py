"""An identity provider: Firebase's two endpoints and an OIDC issuer's, in memory or on a port of this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt

from tests.fakes.keys import KEY_ID, jwk, new_key

EMAIL, PASSWORD, API_KEY = "jane@example.com", "correct horse", "web-api-key"
CLIENT_ID, CLIENT_SECRET = "loader", "s3cret"
DEVICE_CODE, USER_CODE = "device-1", "ABCD-EFGH"

_FIREBASE_NAMES = {"id_token": "idToken", "refresh_token": "refreshToken", "expires_in": "expiresIn"}

Reply = tuple[int, dict[str, Any]]


class FakeIdentityProvider:
    """Gives signed tokens; each refresh token works once.

    Parameters:
        lifetime_s: of its tokens.
        claims: of its tokens, beside issuer, audience, subject and times.
    """

    def __init__(self, *, lifetime_s: int = 3600, **claims: Any) -> None:
        self.url = "https://issuer.example"
        self.lifetime_s = lifetime_s
        self.down = False
        self.thinks_s = 0.0
        self.asked: list[str] = []
        self.pending_polls = 0
        self._claims = {"tenant_id": "acme", "roles": ["editor"], **claims}
        self._key = new_key()
        self._refresh: set[str] = set()
        self._given = 0
        self._lock = threading.Lock()

    @property
    def transport(self) -> httpx.MockTransport:
        """What sends requests to it without a network."""
        return httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("away")
        time.sleep(self.thinks_s)
        status, body = self.reply(request.method, str(request.url), request.content.decode())
        return httpx.Response(status, json=body)

    def reply(self, method: str, url: str, body: str) -> Reply:
        """Answer a request."""
        parts, form = urlsplit(url), dict(parse_qsl(body))
        with self._lock:
            if method == "GET":
                return 200, self._described(parts.path)
            return self._posted(parts.path, parts.query, form)

    def _described(self, path: str) -> dict[str, Any]:
        if path == "/jwks":
            return {"keys": [jwk(self._key)]}
        return {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/token",
            "device_authorization_endpoint": f"{self.url}/device",
            "jwks_uri": f"{self.url}/jwks",
        }

    def _posted(self, path: str, query: str, form: dict[str, str]) -> Reply:
        grant = form.get("grant_type", path.rpartition("/")[2])
        self.asked.append(grant)
        if path == "/device":
            return 200, self._device()
        if path.endswith("accounts:signInWithPassword"):
            if (form["email"], form["password"], query) != (EMAIL, PASSWORD, f"key={API_KEY}"):
                return 400, {"error": {"code": 400, "message": "INVALID_LOGIN_CREDENTIALS"}}
            return 200, {_FIREBASE_NAMES[name]: str(value) for name, value in self._tokens().items()}
        if code := self._refusal(grant, form):
            return 400, {"error": code}
        return 200, self._tokens() | ({"refresh_token": None} if grant == "client_credentials" else {})

    def _device(self) -> dict[str, Any]:
        address = f"{self.url}/activate"
        return {
            "device_code": DEVICE_CODE,
            "user_code": USER_CODE,
            "verification_uri": address,
            "interval": 2,
            "expires_in": 60,
        }

    def _refusal(self, grant: str, form: dict[str, str]) -> str | None:
        """Return the error code of a request for tokens, None when they are given."""
        if grant == "refresh_token":
            if form["refresh_token"] not in self._refresh:
                return "invalid_grant"
            self._refresh.remove(form["refresh_token"])
            return None
        if grant == "client_credentials":
            known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
            return None if known else "invalid_client"
        if self.pending_polls:
            self.pending_polls -= 1
            return "authorization_pending" if self.pending_polls else "slow_down"
        return None

    def _tokens(self) -> dict[str, Any]:
        now = int(time.time())
        self._given += 1
        refresh = f"refresh-{self._given}"
        self._refresh.add(refresh)
        made = {"iss": self.url, "aud": "graphwell", "sub": "loader", "iat": now, "exp": now + self.lifetime_s}
        token = jwt.encode({**made, **self._claims, "jti": refresh}, self._key, "RS256", headers={"kid": KEY_ID})
        return {"id_token": token, "refresh_token": refresh, "expires_in": self.lifetime_s}


@contextmanager
def served(provider: FakeIdentityProvider) -> Iterator[str]:
    """Serve a provider on a port of this machine, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, body = provider.reply(self.command, self.path, self.rfile.read(length).decode())
            encoded = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = _answer  # noqa: N815  # the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield provider.url
        server.shutdown()
