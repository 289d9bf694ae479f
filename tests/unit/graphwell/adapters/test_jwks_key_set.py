"""Keys of an issuer: when they are fetched, how long they count, and which are taken."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from graphwell.adapters.jwks_key_set import (
    BETWEEN_FETCHES_S,
    DEFAULT_LIFE_S,
    LONGEST_LIFE_S,
    SHORTEST_LIFE_S,
    STALE_FOR_S,
    JwksKeySet,
    lifetime_s,
)
from graphwell.domain.errors import Unauthenticated, Unavailable
from tests.fakes.keys import JWKS_URL, FakeIssuer, jwk, new_key


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return new_key()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("public, max-age=21600, must-revalidate", 21_600),
        ("MAX-AGE=900", 900),
        ("s-maxage=5", DEFAULT_LIFE_S),
        ("", DEFAULT_LIFE_S),
        ("no-store", DEFAULT_LIFE_S),
        ("max-age=0", SHORTEST_LIFE_S),
        ("max-age=-1", DEFAULT_LIFE_S),
        ("max-age=999999999", LONGEST_LIFE_S),
        ("max-age=9999999999999999", DEFAULT_LIFE_S),
    ],
)
def test_keys_live_as_long_as_the_issuer_says_within_bounds(header: str, seconds: int) -> None:
    assert lifetime_s(header) == seconds


def test_keys_are_fetched_again_only_when_their_life_is_over(key: RSAPrivateKey) -> None:
    issuer = FakeIssuer(jwk(key), cache_control="max-age=900")
    keys = issuer.open(JWKS_URL)
    for seconds, asked in ((0, 1), (899, 1), (1, 2), (10, 2)):
        issuer.now_s += seconds
        keys.key("key-1")
        assert issuer.asked == asked


def test_an_unknown_id_asks_the_issuer_again_and_finds_a_new_key(key: RSAPrivateKey) -> None:
    issuer = FakeIssuer(jwk(key))
    keys = issuer.open(JWKS_URL)
    keys.key("key-1")
    issuer.keys.append(jwk(key, "key-2"))
    issuer.now_s += BETWEEN_FETCHES_S
    assert keys.key("key-2") is not None
    assert issuer.asked == 2


def test_a_thousand_made_up_ids_cost_the_issuer_one_call_in_ten_seconds(key: RSAPrivateKey) -> None:
    issuer = FakeIssuer(jwk(key))
    keys = issuer.open(JWKS_URL)
    for number in range(1000):
        issuer.now_s += 0.01
        with pytest.raises(Unauthenticated):
            keys.key(f"made-up-{number}")
    assert issuer.asked == 1


def test_keys_at_hand_serve_for_a_day_while_the_issuer_is_away(key: RSAPrivateKey) -> None:
    issuer = FakeIssuer(jwk(key), cache_control="max-age=900")
    keys = issuer.open(JWKS_URL)
    keys.key("key-1")
    issuer.down = True
    issuer.now_s += 900 + STALE_FOR_S - 1
    assert keys.key("key-1") is not None
    with pytest.raises(Unauthenticated):
        keys.key("key-2")
    issuer.now_s += 1
    with pytest.raises(Unavailable):
        keys.key("key-1")


def test_keys_come_back_with_the_issuer(key: RSAPrivateKey) -> None:
    issuer = FakeIssuer(jwk(key))
    issuer.down = True
    keys = issuer.open(JWKS_URL)
    with pytest.raises(Unavailable):
        keys.key("key-1")
    issuer.down = False
    with pytest.raises(Unavailable):
        keys.key("key-1")
    issuer.now_s += BETWEEN_FETCHES_S
    assert keys.key("key-1") is not None
    assert issuer.asked == 2


def test_a_revoked_key_stops_counting_when_the_keys_are_fetched_again(key: RSAPrivateKey) -> None:
    issuer = FakeIssuer(jwk(key), jwk(key, "old"), cache_control="max-age=900")
    keys = issuer.open(JWKS_URL)
    keys.key("old")
    issuer.keys.pop()
    issuer.now_s += 900
    with pytest.raises(Unauthenticated):
        keys.key("old")


@pytest.mark.parametrize(
    "changes",
    [
        {"use": "enc"},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC"},
        {"kid": 7},
        {"kid": None},
        {"n": "!"},
        {"n": None},
        {"key_ops": ["sign"]},
        {"key_ops": []},
        {"key_ops": 5},
    ],
)
def test_only_rsa_signing_keys_are_taken(key: RSAPrivateKey, changes: dict[str, Any]) -> None:
    issuer = FakeIssuer(jwk(key, "good"), jwk(key, **changes))
    keys = issuer.open(JWKS_URL)
    assert keys.key("good") is not None
    with pytest.raises(Unauthenticated):
        keys.key("key-1")


def test_a_weak_key_is_left_out() -> None:
    issuer = FakeIssuer(jwk(new_key(1024)))
    with pytest.raises(Unavailable):
        issuer.open(JWKS_URL).key("key-1")


@pytest.mark.parametrize("url", ["http://issuer.example/jwks", "file:///etc/passwd", "ftp://127.0.0.1/", "jwks", ""])
def test_keys_come_by_https_alone(url: str) -> None:
    with pytest.raises(ValueError, match="must be https"):
        JwksKeySet(url)
