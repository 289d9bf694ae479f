"""A token: its signature and claims, by the issuer's keys."""

from __future__ import annotations

import os
from typing import Any

import jwt
from aws_lambda_powertools import Logger

logger = Logger()


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return a policy for whoever the token names."""
    token = event["authorizationToken"].removeprefix("Bearer ")
    key = jwt.PyJWKClient(os.environ["GRAPHWELL_JWKS_URL"]).get_signing_key_from_jwt(token)
    audience, issuer = os.environ["GRAPHWELL_TOKEN_AUDIENCE"], os.environ["GRAPHWELL_TOKEN_ISSUER"]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer)
    allow = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {"principalId": claims["sub"], "policyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
