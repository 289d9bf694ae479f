"""JOSE vectors of C2SP/wycheproof: no signature that they call invalid is believed, under no key.

They are not in this repository, since they hold private keys. GRAPHWELL_WYCHEPROOF names a checkout's testvectors_v1.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest

from graphwell.adapters.jwt_token_verifier import JwtTokenVerifier
from graphwell.domain.errors import Unauthenticated, Unavailable
from graphwell.domain.issuers import Issuer
from tests.fakes.keys import AUDIENCE, ISSUER, JWKS_URL, FakeIssuer

FOLDER = Path(os.environ.get("GRAPHWELL_WYCHEPROOF", "no-such-folder"))
FILES = ("json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json")

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs GRAPHWELL_WYCHEPROOF=.../testvectors_v1")


@dataclass(frozen=True)
class Vector:
    """A signature, the keys to check it with, and whether it is good."""

    name: str
    jws: str
    keys: tuple[dict[str, Any], ...]
    is_valid: bool


def _vectors() -> Iterator[Vector]:
    for file in FILES if FOLDER.is_dir() else ():
        for group in json.loads((FOLDER / file).read_text())["testGroups"]:
            given = group.get("public") or group["private"]
            keys = tuple(given.get("keys", [given]))
            for test in group["tests"]:
                if isinstance(test.get("jws"), str):
                    name = f"{file}-{test['tcId']}-{test['comment']}"
                    yield Vector(name, test["jws"], keys, test["result"] == "valid")


VECTORS = list(_vectors())


def is_believed(vector: Vector) -> bool:
    """Return whether the signature passes: a key of the set that we would use, by its id, with RS256."""
    issuer = FakeIssuer(*vector.keys)
    try:
        key_id = jwt.get_unverified_header(vector.jws).get("kid")
        key: Any = issuer.open(JWKS_URL).key(key_id) if isinstance(key_id, str) else None
        jwt.api_jws.PyJWS().decode(vector.jws, key, algorithms=["RS256"])
    except (jwt.PyJWTError, Unauthenticated, Unavailable, ValueError, TypeError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_no_bad_signature_is_believed(vector: Vector) -> None:
    assert vector.is_valid or not is_believed(vector)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_none_is_a_token(vector: Vector) -> None:
    """They sign texts, not claims: as tokens none is believed, and each is refused in words, not by a fault."""
    keys = FakeIssuer(*vector.keys)
    verifier = JwtTokenVerifier([Issuer(ISSUER, AUDIENCE, JWKS_URL)], keys=keys.open)
    with pytest.raises(Unauthenticated):
        verifier.verify(vector.jws)


def test_good_signatures_are_told_from_bad_ones() -> None:
    """Otherwise the test before would prove nothing."""
    assert any(vector.is_valid and is_believed(vector) for vector in VECTORS)
