"""The entry point that verifies tokens: what it tells of those that it refuses."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.emf import emitted

AUTHORIZER = Path(__file__).parents[4] / "functions" / "authorizer" / "app.py"
SETTINGS = {
    "GRAPHWELL_TOKEN_ISSUER": "https://issuer.example.com",
    "GRAPHWELL_TOKEN_AUDIENCE": "graphwell",
    "GRAPHWELL_JWKS_URL": "https://issuer.example.com/keys",
}
CONTEXT = SimpleNamespace(
    function_name="authorizer", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="request"
)


def test_a_token_that_is_refused_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    handler = runpy.run_path(str(AUTHORIZER))["handler"]
    with pytest.raises(Exception, match=r"\AUnauthorized\Z"):
        handler({"authorizationToken": "Bearer no.token.this", "methodArn": "arn"}, CONTEXT)
    assert [metric.name for metric in emitted(capsys.readouterr().out)] == ["tokens_refused"]
