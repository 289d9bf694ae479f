"""Keys outside the graph name their tenant; a key that did not would be noticed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graphwell.adapters.local_rate_log import LocalRateLog
from graphwell.domain.deadline import Deadline
from graphwell.domain.identity import Principal
from graphwell.domain.passages import Answer, AnswerWithPassages
from graphwell.domain.rate_limits import Budget, RateClass, RateLimits, Window
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.search import SearchRequest
from tests.fakes.rate_limits import FakeTenantSettings
from tests.fakes.search import FakeAnswerCache, FakePassageIndex

TENANTS = [TenantScope(name) for name in ("Acme", "acme", "ac-me", "ac_me")]
BUDGET = Budget(("user", RateClass.STANDARD), (Window(1, 60),))


def answers_stay_apart(module: Any) -> bool:
    """Keep every tenant's own answer to the same question in one cache, and find them all again."""
    cache = FakeAnswerCache()
    request, deadline = SearchRequest("Which number?", field="question"), Deadline.after(5)
    kept = module.KeptAnswers(cache, None, FakePassageIndex(), min_cosine=0.9, identity="model")
    for number, scope in enumerate(TENANTS):
        answer = AnswerWithPassages(Answer(f"Number {number}.", True, ()), ())
        kept.keep(scope, request, kept.find(scope, request, deadline), answer, deadline)
    found = [kept.find(scope, request, deadline).kept for scope in TENANTS]
    return [each.answer.text for each in found] == [f"Number {number}." for number in range(len(TENANTS))]


def questions_stay_apart(module: Any) -> bool:
    """Compare what tenants' questions are tagged with, which the index folds."""
    return len({module.tenant_tag(scope).lower() for scope in TENANTS}) == len(TENANTS)


def request_logs_stay_apart(module: Any) -> bool:
    """Compare the keys of the tenants' logs in Valkey."""
    return len({module._key(scope, BUDGET) for scope in TENANTS}) == len(TENANTS)


def local_logs_stay_apart(module: Any) -> bool:
    """Use up every tenant's only request."""
    log = module.LocalRateLog()
    return all(log.take(scope, [BUDGET]).allowed for scope in TENANTS)


def limits_stay_apart(module: Any) -> bool:
    """Let one tenant have a limit of its own."""
    settings = FakeTenantSettings()
    settings.stored[TENANTS[0]] = RateLimits(requests_per_minute=4)
    take = module.LimitRate(settings, shared=None, local=LocalRateLog())
    return [take(_caller(scope), RateClass.STANDARD).limit for scope in TENANTS] == [1, 25, 25, 25]


def files_stay_apart(module: Any) -> bool:
    """Compare the keys of files of jobs with the same id."""
    return len({module.upload_key(scope, "0" * 32) for scope in TENANTS}) == len(TENANTS)


def terms_stay_apart(module: Any) -> bool:
    """Compare the terms that Lucene knows tenants by, which its analyzer may fold."""
    return len({module.tenant_term(scope).lower() for scope in TENANTS}) == len(TENANTS)


MUTANTS: list[tuple[str, dict[str, str], Callable[[Any], bool]]] = [
    (
        "usecases.kept_answers",
        {"[scope.tenant_id, corpus_version": "[corpus_version", "{scope.tenant_id.encode().hex()}": ""},
        answers_stay_apart,
    ),
    ("adapters.valkey_answer_cache", {"scope.tenant_id.encode().hex()": "scope.tenant_id"}, questions_stay_apart),
    ("adapters.valkey_rate_log", {"{scope.tenant_id.encode().hex()}": ""}, request_logs_stay_apart),
    ("adapters.local_rate_log", {"(scope, budget.owner)": "(TenantScope('x'), budget.owner)"}, local_logs_stay_apart),
    (
        "usecases.limit_rate",
        {"self._limits[scope.tenant_id]": "self._limits['']", ".get(scope.tenant_id)": ".get('')"},
        limits_stay_apart,
    ),
    ("adapters.s3_upload_store", {"{PREFIX}{scope.tenant_id}/{job_id}": "{PREFIX}{job_id}"}, files_stay_apart),
    (
        "adapters.s3_upload_store",
        {"{scope.tenant_id}/{job_id}": "{scope.tenant_id.lower()}/{job_id}"},
        files_stay_apart,
    ),
    ("adapters.tenant_term", {".encode().hex()": ""}, terms_stay_apart),
]


@pytest.mark.parametrize(("name", "changes", "stays_apart"), MUTANTS, ids=[name for name, *_ in MUTANTS])
def test_a_key_without_its_tenant_is_noticed(
    name: str, changes: dict[str, str], stays_apart: Callable[[Any], bool]
) -> None:
    module = importlib.import_module(f"graphwell.{name}")
    assert stays_apart(module)
    assert not stays_apart(_mutated(module, changes))


def _mutated(module: ModuleType, changes: dict[str, str]) -> ModuleType:
    """Return a module made of another one's source with these changes; the other one stays as it is."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in source, f"{module.__name__} has changed; say again what its mutant is."
        source = source.replace(old, new)
    mutant = ModuleType(f"mutant_of_{module.__name__.replace('.', '_')}")
    sys.modules[mutant.__name__] = mutant  # dataclasses look their module up
    exec(compile(source, str(module.__file__), "exec"), mutant.__dict__)
    return mutant


def _caller(scope: TenantScope) -> Principal:
    return Principal("user", scope.tenant_id, frozenset(), datetime(2100, 1, 1, tzinfo=UTC))
