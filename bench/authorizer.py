"""What the authorizer costs warm, by part, and how many requests make it fetch the issuer's keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.local_stack import BenchStack
from devstack.evaluation.metrics import percentile
from graphwell.adapters.jwks_key_set import JwksKeySet, KeyReply
from graphwell.adapters.jwt_token_verifier import JwtTokenVerifier
from graphwell.domain.issuers import Issuer
from graphwell.runtime.gateway_policy import allow_stage

ISSUER, AUDIENCE, JWKS_URL = "https://issuer.example", "project", "https://issuer.example/jwks"
TOKENS = 3_000
WARM_UP = 100
HOUR_S = 3600
METHOD_ARN = "arn:aws:execute-api:us-east-1:000000000000:api/prod/POST/v1/query"


class CountedIssuer:
    """Serves one key with Firebase's usual lifetime, and counts how often it is asked."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.asked = 0

    def fetch(self, _url: str) -> KeyReply:
        """Return the key set."""
        self.asked += 1
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key())
        entry = public.replace("{", '{"kid": "k", "use": "sig", "alg": "RS256", ', 1)
        return KeyReply(f'{{"keys": [{entry}]}}'.encode(), "public, max-age=21600")

    def token(self, number: int) -> str:
        """Return a token of its own for each user."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": f"user-{number}",
            "iat": now,
            "auth_time": now,
            "exp": now + HOUR_S,
            "tenant_id": "acme",
            "roles": ["reader"],
        }
        return jwt.encode(claims, self.key, "RS256", headers={"kid": "k"})


def measure(_stack: BenchStack) -> dict[str, Any]:
    """Return p50 and p95 in milliseconds of a verification with its policy, and of the bare RSA check in the same run.

    A second run stands for a day of one environment: a request every ten seconds, on a clock of its own.
    """
    issuer = CountedIssuer()
    verifier = _verifier(issuer, time.monotonic)
    tokens = [issuer.token(number) for number in range(TOKENS + WARM_UP)]
    public = issuer.key.public_key()
    times: dict[str, list[float]] = {"authorizer": [], "bare": []}
    for token in tokens:
        started = time.perf_counter()
        allow_stage(verifier.verify(token), METHOD_ARN)
        verified = time.perf_counter()
        jwt.decode(token, public, ["RS256"], audience=AUDIENCE)
        times["authorizer"].append((verified - started) * 1000)
        times["bare"].append((time.perf_counter() - verified) * 1000)
    report: dict[str, Any] = {
        f"{name}_{label}_ms": round(percentile(found[WARM_UP:], share), 3)
        for name, found in times.items()
        for label, share in (("p50", 0.5), ("p95", 0.95))
    }
    report["ratio"] = round(report["authorizer_p50_ms"] / report["bare_p50_ms"], 2)
    day, now_s = CountedIssuer(), 0.0
    verifier, token, requests = _verifier(day, lambda: now_s), day.token(0), 24 * 360
    for _ in range(requests):
        now_s += 10
        verifier.verify(token)
    report |= {"requests_of_a_day": requests, "fetches_of_a_day": day.asked, "share": round(day.asked / requests, 6)}
    return report


def _verifier(issuer: CountedIssuer, now: Callable[[], float]) -> JwtTokenVerifier:
    trusted = Issuer(ISSUER, AUDIENCE, JWKS_URL, needs_auth_time=True)
    return JwtTokenVerifier([trusted], keys=lambda url: JwksKeySet(url, now=now, fetch=issuer.fetch))
