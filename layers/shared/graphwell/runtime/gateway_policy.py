"""What a Lambda authorizer tells API Gateway."""

from __future__ import annotations

import json
from typing import Any

from graphwell.domain.errors import Unauthenticated
from graphwell.domain.identity import Principal


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header.

    Raises:
        Unauthenticated: the header is not of the form `Bearer <token>`.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token or " " in token:
        raise Unauthenticated("The Authorization header must be `Bearer <ID token>`.")
    return token


def allow_stage(caller: Principal, method_arn: str) -> dict[str, Any]:
    """Return a policy that lets the caller reach every route of the stage, and who it is.

    The verdict is cached by token and so holds for all routes: it says who calls, never what they may do.

    Parameters:
        method_arn: arn:aws:execute-api:region:account:api/stage/method/path of the request.
    """
    api, stage, *_ = method_arn.split("/")
    return {
        "principalId": caller.subject,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*/*"}],
        },
        "context": authorizer_context(caller),
    }


def authorizer_context(caller: Principal) -> dict[str, str]:
    """Return a principal in the form that the handlers read back: API Gateway passes on text only."""
    return {
        "subject": caller.subject,
        "tenant_id": caller.tenant_id,
        "roles": " ".join(sorted(caller.roles)),
        "tenants": json.dumps(dict(caller.tenants)),
        "exp": str(int(caller.expires_at.timestamp())),
    }
