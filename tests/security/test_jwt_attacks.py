"""Tokens that must not be believed, each next to the good token that it was made from."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from graphwell.adapters.jwt_token_verifier import CLOCK_SKEW_S, JwtTokenVerifier
from graphwell.domain.errors import Unauthenticated
from graphwell.domain.identity import Role
from graphwell.domain.issuers import ClaimNames, Issuer
from graphwell.runtime.gateway_policy import bearer_token
from tests.fakes.keys import AUDIENCE, ISSUER, JWKS_URL, KEY_ID, FakeIssuer, claims, encoded, jwk, new_key

GOOD = new_key()
EVIL = new_key()
OTHER = "https://other.example/"
FIREBASE = Issuer(ISSUER, AUDIENCE, JWKS_URL, platform_admin=True, needs_auth_time=True)
MACHINES = Issuer(
    OTHER,
    "machines",
    "https://other.example/jwks",
    claims=ClaimNames(roles="https://other.example/roles", tenant_id="app.tenant"),
    role_names={"writer": "editor"},
    prefix=f"{OTHER}|",
)
HEADER = {"typ": "JWT", "alg": "RS256", "kid": KEY_ID}


def now() -> int:
    """Return the time of the test, not of its collection: the other tests of the run take minutes."""
    return int(time.time())


def signed(
    header: bytes | str | dict[str, Any] = HEADER,
    payload: bytes | str | dict[str, Any] | None = None,
    key: RSAPrivateKey = GOOD,
) -> str:
    """Return a token with a true RS256 signature over whatever it says."""
    parts = f"{encoded(header)}.{encoded(claims() if payload is None else payload)}"
    return f"{parts}.{encoded(key.sign(parts.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def keyed_hash(secret: bytes, algorithm: str = "HS256") -> str:
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    parts = f"{encoded({**HEADER, 'alg': algorithm})}.{encoded(claims())}"
    return f"{parts}.{encoded(hmac.new(secret, parts.encode(), digest).digest())}"


def public(encoding: Encoding, form: PublicFormat) -> bytes:
    return GOOD.public_key().public_bytes(encoding, form)


def unsigned(alg: str) -> str:
    return f"{encoded({**HEADER, 'alg': alg})}.{encoded(claims())}."


def with_header(**changes: Any) -> str:
    header = {name: value for name, value in {**HEADER, **changes}.items() if value is not None}
    return signed(header, key=EVIL if "kid" not in changes else GOOD)


def as_list(token: str) -> list[str]:
    return token.split(".")


def trailing_bits() -> str:
    """Change bits of the signature's last character that no byte holds: lenient decoders read the same signature."""
    token = signed()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    return token[:-1] + alphabet[last ^ 1]


def standard_alphabet(token: str) -> str:
    return token.replace("_", "/").replace("-", "+")


def twice(name: str, value: str) -> str:
    text = json.dumps(claims())
    return signed(payload=text[:-1] + f', "{name}": {value}}}')


def by_library(algorithm: str) -> str:
    return jwt.encode(claims(), GOOD, algorithm=algorithm, headers={"kid": KEY_ID})


def es256() -> str:
    return jwt.encode(claims(), ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": KEY_ID})


PEM, DER = Encoding.PEM, Encoding.DER
SPKI, PKCS1 = PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1
NONES = ["none", "None", "NONE", "nOnE", "none ", ""]

ATTACKS: dict[str, Callable[[], str]] = {
    **{f"algorithm {alg!r} without a signature": partial(unsigned, alg) for alg in NONES},
    "algorithm none with a signature": lambda: unsigned("none") + encoded(b"signature"),
    "HS256 with the public key in PEM": lambda: keyed_hash(public(PEM, SPKI)),
    "HS256 with the public key in PEM, without its last line feed": lambda: keyed_hash(public(PEM, SPKI).strip()),
    "HS256 with the public key in PKCS 1": lambda: keyed_hash(public(PEM, PKCS1)),
    "HS256 with the public key in DER": lambda: keyed_hash(public(DER, SPKI)),
    "HS256 with the key set's entry": lambda: keyed_hash(json.dumps(jwk(GOOD)).encode()),
    "HS384 with the public key": lambda: keyed_hash(public(PEM, SPKI), "HS384"),
    "HS512 with the public key": lambda: keyed_hash(public(PEM, SPKI), "HS512"),
    "HS256 with an empty secret": lambda: keyed_hash(b""),
    "RS256 header over a keyed hash": lambda: (
        f"{encoded(HEADER)}.{encoded(claims())}.{encoded(hmac.new(public(PEM, SPKI), b'x', hashlib.sha256).digest())}"
    ),
    **{f"{alg} by the issuer's own key": partial(by_library, alg) for alg in ("RS384", "RS512", "PS256", "PS384")},
    "ES256": es256,
    "signed with another key": lambda: signed(key=EVIL),
    "key in the header": lambda: with_header(jwk=jwk(EVIL)),
    "key address in the header": lambda: with_header(jku="https://evil.example/jwks"),
    "key address on the issuer's host": lambda: with_header(jku=JWKS_URL + "?redirect=https://evil.example"),
    "certificate address in the header": lambda: with_header(x5u="https://evil.example/cert"),
    "certificate in the header": lambda: with_header(x5c=["MIIB"]),
    "key in the header, truly signed": lambda: signed({**HEADER, "jwk": jwk(GOOD)}),
    **{
        f"key id {kid!r}": partial(with_header, kid=kid)
        for kid in (
            "../../dev/null",
            "/dev/null",
            "key-1' OR '1'='1",
            "key-1;--",
            "key-1\x00",
            "KEY-1",
            " key-1",
            "",
            "k" * 300,
            7,
            ["key-1"],
            {"$ne": ""},
            None,
        )
    },
    "critical extension": lambda: signed({**HEADER, "crit": ["exp"], "exp": now() + 600}),
    "critical unencoded payload": lambda: signed({**HEADER, "crit": ["b64"], "b64": False}),
    "empty critical list": lambda: signed({**HEADER, "crit": []}),
    "compressed": lambda: signed({**HEADER, "zip": "DEF"}),
    "algorithm as a list": lambda: signed({**HEADER, "alg": ["RS256"]}),
    "algorithm in lower case": lambda: signed({**HEADER, "alg": "rs256"}),
    "algorithm missing": lambda: signed({"kid": KEY_ID}),
    "algorithm twice in the header": lambda: signed(f'{{"alg":"none","alg":"RS256","kid":"{KEY_ID}"}}'),
    "header that is a list": lambda: signed('["RS256"]'),
    "claims that are a list": lambda: signed(payload="[]"),
    "claims that are no JSON": lambda: signed(payload="tenant_id=acme"),
    "claims in Latin-1": lambda: signed(payload=json.dumps(claims()).encode()[:-1] + b',"x":"\xe9"}'),
    "claims with a byte order mark": lambda: signed(payload=b"\xef\xbb\xbf" + json.dumps(claims()).encode()),
    "claims nested very deeply": lambda: signed(payload="[" * 3000),
    "tenant twice": lambda: twice("tenant_id", '"victim"'),
    "roles twice": lambda: twice("roles", '["platform_admin"]'),
    "expiry twice": lambda: twice("exp", str(now() + 9999)),
    "expired": lambda: signed(payload=claims(exp=now() - CLOCK_SKEW_S - 5)),
    "expired long ago": lambda: signed(payload=claims(exp=1)),
    "expiry negative": lambda: signed(payload=claims(exp=-1)),
    "expiry as text": lambda: signed(payload=claims(exp=str(now() + 600))),
    "expiry true": lambda: signed(payload=claims(exp=True)),
    "expiry a list": lambda: signed(payload=claims(exp=[now() + 600])),
    "expiry infinite": lambda: signed(payload=json.dumps(claims(exp=float("inf")))),
    "expiry not a number": lambda: signed(payload=json.dumps(claims(exp=float("nan")))),
    "expiry past all calendars": lambda: signed(payload=claims(exp=10**18)),
    "expiry 1e400": lambda: signed(payload=json.dumps(claims(exp=0)).replace('"exp": 0', '"exp": 1e400')),
    "expiry missing": lambda: signed(payload=claims(exp=None)),
    "not valid yet": lambda: signed(payload=claims(nbf=now() + 300)),
    "issued in the future": lambda: signed(payload=claims(iat=now() + 300)),
    "issue time missing": lambda: signed(payload=claims(iat=None)),
    "issue time as text": lambda: signed(payload=claims(iat="yesterday")),
    "sign-in in the future": lambda: signed(payload=claims(auth_time=now() + 300)),
    "sign-in missing": lambda: signed(payload=claims(auth_time=None)),
    "sign-in as text": lambda: signed(payload=claims(auth_time="now")),
    "other audience": lambda: signed(payload=claims(aud="other")),
    "audience with a space": lambda: signed(payload=claims(aud=f"{AUDIENCE} ")),
    "audience as a list": lambda: signed(payload=claims(aud=[AUDIENCE])),
    "audience as a list of two": lambda: signed(payload=claims(aud=["other", AUDIENCE])),
    "audience empty": lambda: signed(payload=claims(aud="")),
    "audience missing": lambda: signed(payload=claims(aud=None)),
    "other issuer": lambda: signed(payload=claims(iss="https://evil.example")),
    "issuer with a slash more": lambda: signed(payload=claims(iss=f"{ISSUER}/")),
    "issuer in capitals": lambda: signed(payload=claims(iss=ISSUER.upper())),
    "issuer as a list": lambda: signed(payload=claims(iss=[ISSUER])),
    "issuer missing": lambda: signed(payload=claims(iss=None)),
    "another trusted issuer's name": lambda: signed(payload=claims(iss=OTHER, aud="machines")),
    "subject empty": lambda: signed(payload=claims(sub="")),
    "subject of spaces": lambda: signed(payload=claims(sub="  ")),
    "subject of 129 characters": lambda: signed(payload=claims(sub="s" * 129)),
    "subject a number": lambda: signed(payload=claims(sub=7)),
    "subject with a line feed": lambda: signed(payload=claims(sub="user-1\nadmin")),
    "subject missing": lambda: signed(payload=claims(sub=None)),
    "tenant with a slash": lambda: signed(payload=claims(tenant_id="acme/../victim")),
    "tenant with a wildcard": lambda: signed(payload=claims(tenant_id="*")),
    "tenant with a line feed": lambda: signed(payload=claims(tenant_id="acme\n")),
    "tenant a list": lambda: signed(payload=claims(tenant_id=["acme", "victim"])),
    "tenant missing": lambda: signed(payload=claims(tenant_id=None)),
    "roles as text": lambda: signed(payload=claims(roles="admin")),
    "roles as a map": lambda: signed(payload=claims(roles={"admin": True})),
    "unknown role": lambda: signed(payload=claims(roles=["root"])),
    "role in capitals": lambda: signed(payload=claims(roles=["ADMIN"])),
    "platform role in the map of tenants": lambda: signed(payload=claims(tenants={"victim": "platform_admin"})),
    "tenant of the map with a wildcard": lambda: signed(payload=claims(tenants={"*": "admin"})),
    "map of 65 tenants": lambda: signed(payload=claims(tenants={f"t{n}": "reader" for n in range(65)})),
    "signature missing": lambda: ".".join(as_list(signed())[:2]) + ".",
    "two parts": lambda: ".".join(as_list(signed())[:2]),
    "four parts": lambda: signed() + ".",
    "five parts, as an encrypted token": lambda: ".".join([encoded({**HEADER, "enc": "A256GCM"}), "a", "b", "c", "d"]),
    "signature cut short": lambda: signed()[:-4],
    "signature of another token": lambda: ".".join(
        [*as_list(signed())[:2], as_list(signed(payload=claims(sub="x")))[2]]
    ),
    "claims of another token": lambda: ".".join(
        [as_list(signed())[0], encoded(claims(tenant_id="victim")), as_list(signed())[2]]
    ),
    "signature with stray bits": trailing_bits,
    "signature with padding": lambda: signed() + "==",
    "header with padding": lambda: signed().replace(".", "=.", 1),
    "parts in the standard alphabet": lambda: standard_alphabet(signed(payload=claims(x="\u00ff\u00fe?>" * 9))),
    "line feed inside": lambda: signed()[:20] + "\n" + signed()[20:],
    "space after": lambda: signed() + " ",
    "JSON serialisation": lambda: json.dumps(
        dict(zip(("protected", "payload", "signature"), as_list(signed()), strict=True))
    ),
    "larger than a header may be": lambda: signed(payload=claims(x="x" * 9000)),
    "letters beyond ASCII": lambda: signed().replace("e", "\u0435", 1),
    "empty": lambda: "",
    "machine token with the platform role": lambda: machine({"https://other.example/roles": ["platform_admin"]}),
    "machine token with a role in the wrong claim": lambda: machine({"https://other.example/roles": None}),
    "machine token for the first audience": lambda: machine({"aud": AUDIENCE}),
    "machine token signed with the first issuer's key": lambda: machine(key=GOOD),
}


def machine(changes: dict[str, Any] | None = None, key: RSAPrivateKey | None = None) -> str:
    """Return a token of the second issuer, which has key, claims and names of its own."""
    said = {
        **claims(iss=OTHER, aud="machines", auth_time=None, tenant_id=None, roles=None),
        "app": {"tenant": "acme"},
        "https://other.example/roles": ["writer"],
        **(changes or {}),
    }
    return signed({**HEADER, "kid": "machine-1"}, {n: v for n, v in said.items() if v is not None}, key or MACHINE_KEY)


MACHINE_KEY = new_key()


@pytest.fixture(scope="module")
def verifier() -> JwtTokenVerifier:
    sets = {JWKS_URL: FakeIssuer(jwk(GOOD)), MACHINES.jwks_url: FakeIssuer(jwk(MACHINE_KEY, "machine-1"))}
    return JwtTokenVerifier([FIREBASE, MACHINES], keys=lambda url: sets[url].open(url))


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_is_not_believed(verifier: JwtTokenVerifier, attack: str) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(ATTACKS[attack]())


@pytest.mark.parametrize(
    "token",
    [
        signed,
        lambda: signed(HEADER | {"typ": "at+jwt", "x5t": "abc"}),
        lambda: signed(payload=claims(exp=float(now() + 600), tenants={"branch": "admin"})),
        lambda: signed(payload=claims(exp=now() - CLOCK_SKEW_S + 20)),
        lambda: signed(payload=claims(iat=now() + CLOCK_SKEW_S - 10, nbf=now() + CLOCK_SKEW_S - 10)),
        lambda: signed(payload=claims(sub="s" * 128, tenants={f"t{number}": "reader" for number in range(64)})),
    ],
)
def test_what_the_attacks_are_made_from_is_believed(verifier: JwtTokenVerifier, token: Callable[[], str]) -> None:
    assert verifier.verify(token()).tenant_id == "acme"


def test_a_platform_admin_is_believed_where_the_issuer_may_say_so(verifier: JwtTokenVerifier) -> None:
    assert verifier.verify(signed(payload=claims(roles=["platform_admin"]))).roles == {Role.PLATFORM_ADMIN}


def test_a_machine_is_told_from_a_user_of_the_same_id(verifier: JwtTokenVerifier) -> None:
    caller = verifier.verify(machine())
    assert (caller.subject, caller.tenant_id, caller.roles) == (f"{OTHER}|user-1", "acme", frozenset({Role.EDITOR}))


def test_two_issuers_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="of its own"):
        JwtTokenVerifier([FIREBASE, FIREBASE], keys=lambda url: FakeIssuer().open(url))


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer a b", "Bearer  a", "Token a", "a"]
)
def test_other_authorization_headers_are_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        bearer_token(header)


def test_the_suite_has_the_cases_that_it_promises() -> None:
    assert len(ATTACKS) >= 60
