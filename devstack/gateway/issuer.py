"""A token issuer for development: tokens in the shape of Firebase's, signed with a key of the data folder."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.errors import DevstackError

PROJECT_ID = "graphwell-local"
ISSUER = f"https://graphwell.localhost/{PROJECT_ID}"
"""Does not name the gateway's port, so that tokens stay good when the stack starts on another one."""

JWKS_PATH = "/.well-known/jwks.json"
_KEY_FILE = "issuer-key.pem"
_IDENTITY_FILE = "issuer.json"
_JWKS_LIFETIME_S = 3600


@dataclass(frozen=True)
class Issuer:
    """Signs tokens for one stack.

    Parameters:
        key: its private key.
        issuer: claim iss of its tokens.
        audience: claim aud of its tokens: the Firebase project.
    """

    key: rsa.RSAPrivateKey
    issuer: str = ISSUER
    audience: str = PROJECT_ID

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as a JSON Web Key."""
        public: dict[str, Any] = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**public, "alg": "RS256", "use": "sig", "kid": _thumbprint(public)}

    def mint(
        self,
        tenant: str,
        roles: Sequence[str],
        *,
        subject: str = "local-developer",
        lifetime_s: int = 3600,
        tenants: Mapping[str, str] | None = None,
    ) -> str:
        """Return a signed ID token.

        Parameters:
            tenant: claim tenant_id.
            roles: claim roles.
            subject: who the token is for.
            lifetime_s: seconds until it expires; a negative number gives an expired token.
            tenants: claim tenants, a role by tenant.
        """
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "auth_time": now,
            "user_id": subject,
            "sub": subject,
            "iat": min(now, now + lifetime_s),
            "exp": now + lifetime_s,
            "firebase": {"identities": {}, "sign_in_provider": "custom"},
            "tenant_id": tenant,
            "roles": list(roles),
        }
        if tenants:
            claims["tenants"] = dict(tenants)
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.jwk["kid"]})

    def save_identity(self, data_dir: Path) -> None:
        """Write issuer and audience beside the key, for `graphwell token`."""
        document = json.dumps({"issuer": self.issuer, "audience": self.audience})
        (data_dir / _IDENTITY_FILE).write_text(document, "utf-8")


def open_issuer(data_dir: Path, *, issuer: str = ISSUER, audience: str = PROJECT_ID) -> Issuer:
    """Return the issuer of a data folder, making its key on first use."""
    path = data_dir / _KEY_FILE
    if not path.exists():
        _write_new_key(path)
    return Issuer(_read_key(path), issuer, audience)


def load_issuer(data_dir: Path) -> Issuer:
    """Return the issuer that the stack with this data folder last used.

    Raises:
        DevstackError: the stack was never started with this folder.
    """
    try:
        identity = json.loads((data_dir / _IDENTITY_FILE).read_text("utf-8"))
        return Issuer(_read_key(data_dir / _KEY_FILE), identity["issuer"], identity["audience"])
    except OSError as error:
        raise DevstackError(
            f"There is no token key in {data_dir}; start the stack with `graphwell up`, or name its folder by --data."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DevstackError(f"{data_dir / _IDENTITY_FILE} is damaged; start the stack to write it again.") from error


def issuer_routes(issuer: Issuer, base_url: str) -> list[Route]:
    """Return the routes of the key set and of the OpenID configuration, which live beside the API."""
    headers = {"cache-control": f"public, max-age={_JWKS_LIFETIME_S}"}
    key_set = {"keys": [issuer.jwk]}
    configuration = {
        "issuer": issuer.issuer,
        "jwks_uri": f"{base_url}{JWKS_PATH}",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }

    async def show_keys(_: Request) -> Response:
        return JSONResponse(key_set, headers=headers)

    async def show_configuration(_: Request) -> Response:
        return JSONResponse(configuration, headers=headers)

    return [Route(JWKS_PATH, show_keys), Route("/.well-known/openid-configuration", show_configuration)]


def _write_new_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    unfinished.rename(path)


def _thumbprint(public: Mapping[str, Any]) -> str:
    """Key id by RFC 7638: the hash of the key's required members."""
    members = json.dumps({name: public[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()


def _read_key(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise DevstackError(f"{path} is not an RSA key; remove it and start the stack again.")
    return key
