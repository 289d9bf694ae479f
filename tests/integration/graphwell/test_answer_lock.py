"""Who makes an answer, over a real Valkey."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from devstack.endpoints import Endpoints
from graphwell.adapters.valkey_answer_lock import GO_ALONE_MS, LEASE_MS, ValkeyAnswerLock
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.errors import Unavailable
from graphwell.ports import Claim


@pytest.fixture(scope="module")
def client(endpoints: Endpoints) -> ValkeyClient:
    return ValkeyClient(endpoints.valkey_url, dict)


@pytest.fixture
def lock(client: ValkeyClient) -> ValkeyAnswerLock:
    return ValkeyAnswerLock(client)


@pytest.fixture
def key() -> str:
    return f"answer:{{61}}:{uuid.uuid4().hex}"


def test_of_many_at_once_one_makes_the_answer(lock: ValkeyAnswerLock, key: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        claims = Counter(threads.map(lambda number: lock.claim(key, str(number)), range(40)))
    assert claims == {Claim.MAKE: 1, Claim.WAIT: 39}


def test_who_asks_twice_is_told_the_same(lock: ValkeyAnswerLock, key: str) -> None:
    assert [lock.claim(key, "me"), lock.claim(key, "me"), lock.claim(key, "other")] == [
        Claim.MAKE,
        Claim.MAKE,
        Claim.WAIT,
    ]


def test_an_answer_that_is_there_is_read(lock: ValkeyAnswerLock, client: ValkeyClient, key: str) -> None:
    lock.claim(key, "me")
    client().set(key, "answer", ex=60)
    assert lock.claim(key, "other") is Claim.READ
    lock.release(key, "me", kept=True)
    assert lock.claim(key, "other") is Claim.READ
    assert client().keys(f"*{key.rsplit(':', 1)[-1]}*") == [key.encode()]


def test_when_it_could_not_be_kept_everybody_goes_alone_for_a_moment(
    lock: ValkeyAnswerLock, client: ValkeyClient, key: str
) -> None:
    lock.claim(key, "me")
    lock.release(key, "me", kept=False)
    assert lock.claim(key, "other") is Claim.GO_ALONE
    assert lock.claim(key, "third") is Claim.GO_ALONE
    assert 0 < client().pttl(f"{key}:lock") <= GO_ALONE_MS


def test_a_claim_of_one_who_died_ends_soon(lock: ValkeyAnswerLock, client: ValkeyClient, key: str) -> None:
    lock.claim(key, "dead")
    assert 0 < client().pttl(f"{key}:lock") <= LEASE_MS
    client().pexpire(f"{key}:lock", 0)
    assert lock.claim(key, "next") is Claim.MAKE


def test_who_lost_the_claim_cannot_release_anothers(lock: ValkeyAnswerLock, client: ValkeyClient, key: str) -> None:
    lock.claim(key, "slow")
    client().delete(f"{key}:lock")
    lock.claim(key, "next")
    lock.release(key, "slow", kept=False)
    assert lock.claim(key, "third") is Claim.WAIT


def test_a_server_that_is_away_is_unavailable(key: str) -> None:
    lock = ValkeyAnswerLock(ValkeyClient("redis://127.0.0.1:1", dict))
    with pytest.raises(Unavailable):
        lock.claim(key, "me")
    with pytest.raises(Unavailable):
        lock.release(key, "me", kept=True)
