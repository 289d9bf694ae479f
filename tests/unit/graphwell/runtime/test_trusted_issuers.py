"""The authorizer's issuers, with and without the library that reads settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from pydantic import ValidationError

from graphwell.runtime.settings import TokenSettings
from graphwell.runtime.trusted_issuers import FIREBASE_ISSUERS, read_issuers

ONE = {
    "GRAPHWELL_TOKEN_ISSUER": f"{FIREBASE_ISSUERS}project",
    "GRAPHWELL_TOKEN_AUDIENCE": "project",
    "GRAPHWELL_JWKS_URL": "https://issuer.example/jwks",
}
FURTHER = {"issuer": "https://machines.example", "audience": "graphwell", "jwks_url": "https://machines.example/keys"}


@pytest.mark.parametrize("more", [None, "", "[]", json.dumps([FURTHER])])
@pytest.mark.parametrize("issuer", [ONE["GRAPHWELL_TOKEN_ISSUER"], "https://issuer.example"])
def test_they_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch, issuer: str, more: str | None) -> None:
    for name, value in {**ONE, "GRAPHWELL_TOKEN_ISSUER": issuer, "GRAPHWELL_MORE_ISSUERS": more or "[]"}.items():
        monkeypatch.setenv(name, value)
    expected = TokenSettings.read().issuers
    if more is None:
        monkeypatch.delenv("GRAPHWELL_MORE_ISSUERS")
    else:
        monkeypatch.setenv("GRAPHWELL_MORE_ISSUERS", more or "[]")
    assert read_issuers(os.environ) == expected
    assert len(expected) == (2 if more and more != "[]" else 1)


@pytest.mark.parametrize("missing", ONE)
def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in ONE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)
    with pytest.raises(ValidationError, match=missing.removeprefix("GRAPHWELL_").lower()):
        read_issuers(os.environ)


def test_one_issuer_takes_no_pydantic() -> None:
    code = "import os, sys, app; assert 'pydantic' not in sys.modules, 'pydantic is imported'"
    environment = {**os.environ, **ONE, "PYTHONPATH": os.pathsep.join(["functions/authorizer", "layers/shared"])}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
