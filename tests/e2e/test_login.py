"""A login carries an ingestion past the end of its token, against a real issuer and the real authorizer."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import CHECKOUT, GRAPHWELL, Stack, running_stack
from tests.fakes.identity_provider import CLIENT_ID, CLIENT_SECRET, FakeIdentityProvider, served

TENANT = "e2e-login"
LIFETIME_S = 5
"""Of the token of the login, which the ingestion outlives. The next one lives long, for machines of any speed."""
FILES = 400


@pytest.fixture(scope="module")
def issuer() -> Iterator[FakeIdentityProvider]:
    provider = FakeIdentityProvider(lifetime_s=LIFETIME_S, tenant_id=TENANT)
    with served(provider):
        yield provider


@pytest.fixture(scope="module")
def trusting(issuer: FakeIdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that trusts the issuer beside its own."""
    entry = {"issuer": issuer.url, "audience": "graphwell", "jwks_url": f"{issuer.url}/jwks"}
    trusted = f"MoreIssuers={json.dumps([entry])}"
    with running_stack(tmp_path_factory.mktemp("trusting"), "--parameter", trusted) as running:
        yield running


def test_a_long_ingestion_outlives_its_token(issuer: FakeIdentityProvider, trusting: Stack, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in range(FILES):
        (texts / f"note-{number}.md").write_text(f"# Note {number}\n\nThe boiler of house {number} runs at two bar.\n")
    url = trusting.status["url"]
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "GRAPHWELL_URL": url}

    def graphwell(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(GRAPHWELL), *words, "--data", str(tmp_path)] if words[0] == "ingest" else [str(GRAPHWELL), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            cwd=CHECKOUT,
            env=environment,
        )

    secret = ("--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
    logged_in = graphwell("login", "--issuer", issuer.url, *secret)
    assert logged_in.returncode == 0, logged_in.stderr
    assert CLIENT_SECRET not in logged_in.stdout + logged_in.stderr
    issuer.lifetime_s = 300

    ingested = graphwell("ingest", str(texts), "--json")

    assert ingested.returncode == 0, ingested.stderr
    assert issuer.asked.count("client_credentials") >= 2, "the ingestion was over before its token was"
    assert graphwell("logout").returncode == 0
    refused = graphwell("ingest", str(texts))
    assert refused.returncode == 2
    assert "graphwell login" in refused.stderr
