"""Local tokens verify against the published key, and look like Firebase's."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import httpx
import jwt
import pytest
from starlette.applications import Starlette

from devstack.errors import DevstackError
from devstack.gateway.issuer import ISSUER, JWKS_PATH, PROJECT_ID, issuer_routes, load_issuer, open_issuer


def _claims(token: str, data: Path) -> dict[str, object]:
    key = jwt.PyJWK.from_dict(open_issuer(data).jwk)
    claims: dict[str, object] = jwt.decode(token, key, algorithms=["RS256"], audience=PROJECT_ID, issuer=ISSUER)
    return claims


def test_a_token_has_firebases_claims(tmp_path: Path) -> None:
    token = open_issuer(tmp_path).mint("acme", ["reader"], subject="ann", tenants={"other": "editor"})
    claims = _claims(token, tmp_path)

    assert (claims["sub"], claims["user_id"], claims["tenant_id"]) == ("ann", "ann", "acme")
    assert (claims["roles"], claims["tenants"]) == (["reader"], {"other": "editor"})
    assert claims["firebase"] == {"identities": {}, "sign_in_provider": "custom"}
    assert {"auth_time", "iat", "exp"} <= set(claims)
    assert jwt.get_unverified_header(token)["kid"] == open_issuer(tmp_path).jwk["kid"]


def test_a_negative_lifetime_gives_an_expired_token(tmp_path: Path) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        _claims(open_issuer(tmp_path).mint("acme", [], lifetime_s=-60), tmp_path)


def test_the_lifetime_is_in_seconds(tmp_path: Path) -> None:
    claims = _claims(open_issuer(tmp_path).mint("acme", [], lifetime_s=120), tmp_path)

    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 120
    assert abs(int(str(claims["iat"])) - time.time()) < 60


def test_the_key_is_kept_and_private(tmp_path: Path) -> None:
    first, again = open_issuer(tmp_path).jwk, open_issuer(tmp_path).jwk

    assert first == again
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.pem")} == {0o600}


def test_another_folder_has_another_key(tmp_path: Path) -> None:
    assert open_issuer(tmp_path / "a").jwk["kid"] != open_issuer(tmp_path / "b").jwk["kid"]


def test_the_issuer_last_used_is_loaded(tmp_path: Path) -> None:
    open_issuer(tmp_path, issuer="https://i.example", audience="project").save_identity(tmp_path)

    loaded = load_issuer(tmp_path)
    assert (loaded.issuer, loaded.audience) == ("https://i.example", "project")


def test_a_folder_without_a_stack_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match="start the stack"):
        load_issuer(tmp_path)


@pytest.mark.anyio
async def test_the_key_set_and_the_configuration_are_published(tmp_path: Path) -> None:
    app = Starlette(routes=issuer_routes(open_issuer(tmp_path), "http://localhost:1"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:1") as client:
        keys = await client.get(JWKS_PATH)
        configuration = (await client.get("/.well-known/openid-configuration")).json()

    assert keys.headers["cache-control"] == "public, max-age=3600"
    assert [key["alg"] for key in keys.json()["keys"]] == ["RS256"]
    assert "d" not in keys.json()["keys"][0]
    assert configuration["jwks_uri"] == f"http://localhost:1{JWKS_PATH}"
    assert configuration["issuer"] == ISSUER
