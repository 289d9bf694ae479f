"""Settings from the environment."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from graphwell.domain.tenancy import TenantScope
from graphwell.runtime.container import Container
from graphwell.runtime.settings import Settings, TokenSettings

REQUIRED = {
    "GRAPHWELL_TOKEN_ISSUER": "https://issuer.example",
    "GRAPHWELL_TOKEN_AUDIENCE": "project",
    "GRAPHWELL_JWKS_URL": "https://issuer.example/jwks",
    "GRAPHWELL_NEO4J_URI": "bolt://127.0.0.1:7687",
    "GRAPHWELL_NEO4J_SECRET": "neo4j",
}
GATEWAY_LIMIT_S = 29


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is(name: str) -> None:
    assert (Settings.model_fields[name].description or "").endswith(".")


@pytest.mark.usefixtures("environment")
def test_what_is_required_is_enough() -> None:
    settings = Settings.read()
    assert settings.neo4j_uri == REQUIRED["GRAPHWELL_NEO4J_URI"]
    assert settings.valkey_url == ""


@pytest.mark.usefixtures("environment")
def test_a_request_ends_before_the_gateway_gives_up_on_the_database() -> None:
    settings = Settings.read()
    assert settings.neo4j_acquisition_timeout_s < GATEWAY_LIMIT_S
    assert settings.neo4j_max_retry_time_s < GATEWAY_LIMIT_S


@pytest.mark.parametrize("endpoint", ["", "collector:4318", "grpc://collector:4317"])
def test_traces_by_otlp_need_a_collectors_address(environment: pytest.MonkeyPatch, endpoint: str) -> None:
    environment.setenv("GRAPHWELL_TRACING", "otlp")
    environment.setenv("GRAPHWELL_OTLP_ENDPOINT", endpoint)
    with pytest.raises(ValidationError, match="such as http://localhost:4318"):
        Settings.read()
    environment.setenv("GRAPHWELL_OTLP_ENDPOINT", "http://collector:4318")
    assert Settings.read().otlp_endpoint == "http://collector:4318"


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_variable_is_named(environment: pytest.MonkeyPatch, missing: str) -> None:
    environment.delenv(missing)
    with pytest.raises(ValidationError) as refusal:
        Settings.read()
    assert [error["loc"] for error in refusal.value.errors()] == [(missing.removeprefix("GRAPHWELL_").lower(),)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRAPHWELL_EMBEDDING_PROVIDER", "other"),
        ("GRAPHWELL_EMBEDDING_DIMENSIONS", "0"),
        ("GRAPHWELL_EMBEDDING_DIMENSIONS", "many"),
        ("GRAPHWELL_NEO4J_MAX_POOL_SIZE", "0"),
        ("GRAPHWELL_CHUNK_TOKENS", "1"),
        ("GRAPHWELL_CHUNK_OVERLAP_TOKENS", "-1"),
    ],
)
def test_a_value_out_of_range_is_refused_at_start(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError, match=name.removeprefix("GRAPHWELL_").lower()):
        Settings.read()


def test_the_authorizer_needs_the_token_variables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRAPHWELL_TOKEN_ISSUER", "GRAPHWELL_TOKEN_AUDIENCE", "GRAPHWELL_JWKS_URL"):
        monkeypatch.setenv(name, REQUIRED[name])
    assert TokenSettings.read().token_audience == "project"


def test_further_issuers_come_as_a_json_list(environment: pytest.MonkeyPatch) -> None:
    further = {
        "issuer": "https://machines.example/",
        "audience": "graphwell",
        "jwks_url": "https://machines.example/jwks",
        "claims": {"roles": "https://machines.example/roles"},
        "role_names": {"writer": "editor"},
    }
    environment.setenv("GRAPHWELL_MORE_ISSUERS", json.dumps([further]))
    first, second = TokenSettings.read().issuers
    assert (first.issuer, first.prefix, first.platform_admin) == ("https://issuer.example", "", True)
    assert (second.issuer, second.prefix) == ("https://machines.example/", "https://machines.example/|")
    assert (second.claims.roles, second.claims.tenant_id) == ("https://machines.example/roles", "tenant_id")
    assert (second.role_names, second.platform_admin) == ({"writer": "editor"}, False)


@pytest.mark.parametrize(
    "value",
    ["", "{}", "[{}]", '[{"issuer": "a", "audience": "b", "jwks_url": "file:///etc/passwd"}]', '[{"secret": 1}]'],
)
def test_a_broken_list_of_issuers_stops_the_function(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("GRAPHWELL_MORE_ISSUERS", value)
    with pytest.raises(ValueError, match=r"(?i)more_issuers"):
        TokenSettings.read()


@pytest.mark.parametrize(
    ("issuer", "needed"), [("https://securetoken.google.com/p", True), ("https://a.example", False)]
)
def test_firebase_tokens_must_say_when_the_user_signed_in(
    environment: pytest.MonkeyPatch, issuer: str, needed: bool
) -> None:
    environment.setenv("GRAPHWELL_TOKEN_ISSUER", issuer)
    (first,) = TokenSettings.read().issuers
    assert first.needs_auth_time is needed


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("NEO4J_URI", "neo4j+s://0123abcd.databases.neo4j.io"),
        ("NEO4J_URI", "bolt+s://10.0.0.5:7687"),
        ("NEO4J_URI", "bolt://localhost:7687"),
        ("NEO4J_URI", "bolt://host.docker.internal:7687"),
        ("VALKEY_URL", "rediss://cache.example:6379"),
        ("VALKEY_URL", "redis://127.0.0.1:6379/0"),
        ("VALKEY_URL", ""),
    ],
)
def test_verified_tls_or_this_machine_is_private(environment: pytest.MonkeyPatch, name: str, address: str) -> None:
    environment.setenv(f"GRAPHWELL_{name}", address)
    assert getattr(Settings.read(), name.lower()) == address


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("NEO4J_URI", "neo4j://graph.example:7687"),
        ("NEO4J_URI", "bolt://10.0.0.5:7687"),
        ("NEO4J_URI", "bolt+ssc://graph.example"),
        ("NEO4J_URI", "bolt://localhost.evil.example"),
        ("VALKEY_URL", "redis://cache.example:6379"),
        ("VALKEY_URL", "redis://localhost@cache.example"),
        ("VALKEY_URL", "rediss://cache.example:6379?ssl_cert_reqs=none"),
    ],
)
def test_what_others_on_the_wire_could_read_or_change_is_refused(
    environment: pytest.MonkeyPatch, name: str, address: str
) -> None:
    environment.setenv(f"GRAPHWELL_{name}", address)
    with pytest.raises(ValidationError, match=f"{name.lower()} must use TLS"):
        Settings.read()


@pytest.mark.usefixtures("environment")
def test_tenants_have_the_first_database_unless_they_are_given_another(environment: pytest.MonkeyPatch) -> None:
    databases = {"large": {"uri": "neo4j+s://large.example", "tenants": ["acme", "globex"]}}
    environment.setenv("GRAPHWELL_NEO4J_DATABASES", json.dumps(databases))
    container = Container(Settings.read())
    places = {tenant: container.of(TenantScope(tenant)).place for tenant in ("acme", "globex", "Acme", "large")}
    assert [place.shard for place in places.values()] == ["large", "large", "default", "default"]
    assert (places["acme"].uri, places["acme"].database) == ("neo4j+s://large.example", "neo4j")
    assert places["Acme"].uri == REQUIRED["GRAPHWELL_NEO4J_URI"]
    assert list(container.shards) == ["default", "large"]


@pytest.mark.parametrize(
    ("databases", "says"),
    [
        ({"large": {"uri": "neo4j://large.example"}}, "neo4j_databases.large must use TLS"),
        ({"default": {"uri": "neo4j+s://large.example"}}, "take another"),
        ({"Large one": {"uri": "neo4j+s://large.example"}}, "should match pattern"),
        ({"large": {"uri": "neo4j+s://large.example", "tenants": ["a b"]}}, "should match pattern"),
        ({"large": {"uri": "neo4j+s://large.example", "password": "secret"}}, "not permitted"),
        (
            {name: {"uri": "neo4j+s://large.example", "tenants": ["acme"]} for name in ("one", "two")},
            "name each tenant once; acme",
        ),
    ],
)
def test_a_map_of_databases_that_cannot_be_meant_is_refused(
    environment: pytest.MonkeyPatch, databases: dict[str, object], says: str
) -> None:
    environment.setenv("GRAPHWELL_NEO4J_DATABASES", json.dumps(databases))
    with pytest.raises(ValidationError, match=says):
        Settings.read()
