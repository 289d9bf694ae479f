"""The user that valkey.yaml makes may do all that the adapters do, and nothing that reaches further."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from redis.exceptions import NoPermissionError

from devstack.endpoints import Endpoints
from devstack.gateway.document import load_document
from graphwell.adapters.system_clock import SystemClock
from graphwell.adapters.valkey_answer_cache import ValkeyAnswerCache
from graphwell.adapters.valkey_answer_lock import ValkeyAnswerLock
from graphwell.adapters.valkey_breaker_board import ValkeyBreakerBoard
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_health import ValkeyHealth
from graphwell.adapters.valkey_rate_log import ValkeyRateLog
from graphwell.domain.passages import Answer, AnswerWithPassages
from graphwell.domain.rate_limits import Budget, RateClass, Window
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import AnsweredText, Claim
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.questions import STAMP, question_cache

TEMPLATE = Path(__file__).parents[3] / "valkey.yaml"
ANSWER = AnswerWithPassages(Answer("An answer.", True, ()), ())


@pytest.fixture(scope="module")
def client(valkey_service: Endpoints) -> ValkeyClient:
    access = load_document(TEMPLATE)["Resources"]["FunctionUser"]["Properties"]["AccessString"].split()
    secret = {"username": f"user-{uuid.uuid4().hex}", "password": uuid.uuid4().hex}
    admin = ValkeyClient(valkey_service.valkey_url, dict)
    admin.run(
        lambda redis: redis.execute_command(  # type: ignore[no-untyped-call]
            "ACL", "SETUSER", secret["username"], f">{secret['password']}", *access
        )
    )
    return ValkeyClient(valkey_service.valkey_url, lambda: secret)


@pytest.fixture
def scope() -> TenantScope:
    return TenantScope(f"t-{uuid.uuid4().hex}")


def test_it_keeps_finds_and_forgets_answers_and_questions(client: ValkeyClient, scope: TenantScope) -> None:
    answers = ValkeyAnswerCache(client, SystemClock())
    questions = question_cache(client)
    key = f"answer:{uuid.uuid4().hex}"
    assert answers.put(scope, key, 1, ANSWER)
    questions.put(scope, AnsweredText("a", vector_of("a"), STAMP, 1, key))
    (kept,) = questions.nearest(scope, STAMP, vector_of("a"))
    assert questions.take(scope, kept) == answers.get(key) == ANSWER
    assert answers.count(scope) == {"answers": 1, "questions": 1}
    answers.forget(scope, 2)
    assert answers.get(key) is None


def test_it_claims_answers_counts_requests_and_shows_breakers(client: ValkeyClient, scope: TenantScope) -> None:
    lock = ValkeyAnswerLock(client)
    key = f"answer:{uuid.uuid4().hex}"
    assert lock.claim(key, "me") is Claim.MAKE
    lock.release(key, "me", kept=False)
    assert lock.claim(key, "other") is Claim.GO_ALONE
    budget = Budget(("user", RateClass.STANDARD), (Window(1, 60),))
    assert [ValkeyRateLog(client).take(scope, [budget]).allowed for _ in range(2)] == [True, False]
    board = ValkeyBreakerBoard(client, kept_for_s=60)
    board.show("neo4j", is_open=True)
    assert board.open_breakers() == {"neo4j": 1}
    board.show("neo4j", is_open=False)
    assert board.open_breakers() == {}
    assert ValkeyHealth(client).check() == {}


@pytest.mark.parametrize(
    "command",
    ["FLUSHALL", "KEYS *", "SCAN 0", "CONFIG GET *", "ACL LIST", "CLIENT LIST", "MONITOR", "FT.DROPINDEX questions-8"],
)
def test_it_reads_no_settings_nobody_elses_connections_and_no_names_of_keys(client: ValkeyClient, command: str) -> None:
    with pytest.raises(NoPermissionError):
        client().execute_command(*command.split(" "))  # type: ignore[no-untyped-call]
