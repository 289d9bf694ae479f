"""The REST API of a template: stage, throttles, authorizers, gateway responses and CORS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devstack.errors import DevstackError
from devstack.gateway.template import Resource, Template

_DEFAULT_TTL_S = 300

_ARN_PARTS = 7
"""Of a function's ARN; an alias or a version is the eighth."""


@dataclass(frozen=True)
class ThrottleSetting:
    """A rate limit of a method; `path` is `/*` and `method` is `*` for the stage's default."""

    path: str
    method: str
    rate_per_s: float
    burst: int


@dataclass(frozen=True)
class AuthorizerSpec:
    """A Lambda authorizer; `function_arn` names its function, `ttl_s` 0 means that results are not kept."""

    name: str
    function_arn: str
    kind: str
    headers: tuple[str, ...]
    query_strings: tuple[str, ...]
    validation_expression: str | None
    ttl_s: int


@dataclass(frozen=True)
class GatewayResponse:
    """How the gateway words an error of its own; `headers` maps a name to a quoted text or a `context.` variable."""

    status: int | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cors:
    """Headers of the reply to a preflight request, and whether it passes the default authorizer first."""

    headers: Mapping[str, str]
    authorized: bool


@dataclass(frozen=True)
class ApiSpec:
    """The REST API."""

    api_id: str
    stage: str
    stage_variables: Mapping[str, str]
    throttles: tuple[ThrottleSetting, ...]
    authorizers: Mapping[str, AuthorizerSpec]
    default_authorizer: str | None
    gateway_responses: Mapping[str, GatewayResponse]
    cors: Cors | None
    binary_media_types: frozenset[str]


def read_api(template: Template) -> ApiSpec | None:
    """Return the template's REST API, or None when it has none.

    Raises:
        DevstackError: it has several, or something that the local stack cannot serve.
    """
    apis = list(template.resources("AWS::Serverless::Api"))
    if len(apis) > 1:
        raise DevstackError("The template has several AWS::Serverless::Api resources; the local stack serves one.")
    return _api(apis[0]) if apis else None


def _api(api: Resource) -> ApiSpec:
    for refused in ("DefinitionBody", "DefinitionUri"):
        if refused in api.properties:
            raise DevstackError(
                f"{api.logical_id} has a {refused}; the local stack reads routes from the functions' events."
            )
    auth = api.get("Auth", {})
    return ApiSpec(
        api_id=api.logical_id.lower(),
        stage=str(api.require("StageName")),
        stage_variables={key: str(value) for key, value in api.get("Variables", {}).items()},
        throttles=_throttles(api),
        authorizers={name: _authorizer(name, spec) for name, spec in auth.get("Authorizers", {}).items()},
        default_authorizer=auth.get("DefaultAuthorizer"),
        gateway_responses={name: _gateway_response(spec) for name, spec in api.get("GatewayResponses", {}).items()},
        cors=_cors(api.get("Cors"), authorized=auth.get("AddDefaultAuthorizerToCorsPreflight", True) is not False),
        binary_media_types=frozenset(kind.replace("~1", "/") for kind in api.get("BinaryMediaTypes", [])),
    )


def _throttles(api: Resource) -> tuple[ThrottleSetting, ...]:
    return tuple(
        ThrottleSetting(
            path=str(setting["ResourcePath"]).replace("~1", "/").replace("//", "/"),
            method=str(setting["HttpMethod"]).upper(),
            rate_per_s=float(setting["ThrottlingRateLimit"]),
            burst=int(setting["ThrottlingBurstLimit"]),
        )
        for setting in api.get("MethodSettings", [])
        if "ThrottlingRateLimit" in setting and "ThrottlingBurstLimit" in setting
    )


def _authorizer(name: str, spec: Mapping[str, Any]) -> AuthorizerSpec:
    if "FunctionArn" not in spec:
        raise DevstackError(f"The authorizer {name} has no FunctionArn; the local stack knows Lambda authorizers only.")
    identity = spec.get("Identity", {})
    kind = str(spec.get("FunctionPayloadType", "TOKEN"))
    for refused in ("Context", "StageVariables"):
        if refused in identity:
            raise DevstackError(
                f"The authorizer {name} takes its identity from {refused}, which the local stack does not."
            )
    headers = [str(identity.get("Header", "Authorization"))] if kind == "TOKEN" else identity.get("Headers", [])
    return AuthorizerSpec(
        name=name,
        function_arn=_unqualified(str(spec["FunctionArn"])),
        kind=kind,
        headers=tuple(headers),
        query_strings=tuple(identity.get("QueryStrings", [])),
        validation_expression=identity.get("ValidationExpression"),
        ttl_s=int(identity.get("ReauthorizeEvery", _DEFAULT_TTL_S)),
    )


def _unqualified(function_arn: str) -> str:
    """Return a function's ARN without the alias that may end it: an alias names a version, and here one runs."""
    return ":".join(function_arn.split(":")[:_ARN_PARTS])


def _gateway_response(spec: Mapping[str, Any]) -> GatewayResponse:
    status = spec.get("StatusCode")
    return GatewayResponse(
        status=None if status is None else int(status),
        templates=dict(spec.get("ResponseTemplates", {})),
        headers=dict((spec.get("ResponseParameters") or {}).get("Headers", {})),
    )


def _cors(value: Any, *, authorized: bool) -> Cors | None:
    if not value:
        return None
    settings = {"AllowOrigin": value} if isinstance(value, str) else value
    names = {
        "AllowOrigin": "access-control-allow-origin",
        "AllowMethods": "access-control-allow-methods",
        "AllowHeaders": "access-control-allow-headers",
        "MaxAge": "access-control-max-age",
    }
    headers = {header: str(settings[key]).strip("'") for key, header in names.items() if key in settings}
    if settings.get("AllowCredentials") is True:
        headers["access-control-allow-credentials"] = "true"
    return Cors(headers=headers, authorized=authorized)
