"""A window of each tenant's tasks is on its way; no crash loses a task or a place in the window."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Lock

import pytest

from graphwell.adapters.neo4j_health import OldestTask
from graphwell.domain.errors import Unavailable
from graphwell.domain.origin import Origin
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask
from graphwell.usecases.reconcile import BATCH
from tests.fakes.clock import FakeClock
from tests.integration.graphwell.ingestion import embed_task, prepared, stage
from tests.integration.graphwell.store import Store

WINDOW = 4
TASKS = 10


class Sent:
    """What the queue took."""

    def __init__(self) -> None:
        self.tasks: list[EmbedTask] = []
        self._lock = Lock()

    def __call__(self, tasks: Sequence[EmbedTask]) -> None:
        """Take tasks."""
        with self._lock:
            self.tasks.extend(tasks)

    @property
    def chunks(self) -> list[str]:
        """Return the first chunk of each task."""
        return [task.chunk_ids[0] for task in self.tasks]


@pytest.fixture
def staged(store: Store, scope: TenantScope) -> list[str]:
    """Chunks of documents that were accepted one after the other, a task each."""
    return [stage(store.staging, scope, prepared(f"d{n}", f"text {n}"))[0].chunk_ids[0] for n in range(TASKS)]


def test_the_oldest_tasks_are_sent_up_to_the_window(store: Store, scope: TenantScope, staged: list[str]) -> None:
    sent = Sent()
    assert store.outbox.send_waiting(scope, WINDOW, sent) == WINDOW
    assert store.outbox.send_waiting(scope, WINDOW, sent) == 0
    assert sent.chunks == staged[:WINDOW]
    assert all(task.scope == scope for task in sent.tasks)


def test_a_task_knows_the_request_that_staged_its_chunks(store: Store, scope: TenantScope) -> None:
    sent = Sent()
    with Origin("request", "00-trace-span-01").held():
        stage(store.staging, scope, prepared("traced", "text"))
    with Origin("another", "00-other-span-01").held():
        store.outbox.send_waiting(scope, WINDOW, sent)
    assert [task.origin for task in sent.tasks] == [Origin("request", "00-trace-span-01")]


def test_a_task_that_no_request_staged_has_no_origin(store: Store, scope: TenantScope) -> None:
    sent = Sent()
    stage(store.staging, scope, prepared("untraced", "text"))
    store.outbox.send_waiting(scope, WINDOW, sent)
    assert [task.origin for task in sent.tasks] == [None]


def test_health_knows_how_old_the_oldest_sent_task_is(store: Store, scope: TenantScope, staged: list[str]) -> None:
    store.outbox.send_waiting(scope, WINDOW, Sent())
    later = FakeClock(datetime.now(UTC) + timedelta(hours=1))
    assert len(staged) == TASKS
    assert OldestTask(store.client, later)() > timedelta(hours=1).total_seconds() - 1


def test_each_finished_task_lets_the_next_out_until_all_are_live(
    store: Store, scope: TenantScope, staged: list[str]
) -> None:
    sent = Sent()
    store.outbox.send_waiting(scope, WINDOW, sent)
    for done in range(TASKS):
        assert len(sent.tasks) == min(WINDOW + done, TASKS)
        assert embed_task(store.staging, sent.tasks[done]).activated == 1
        store.outbox.send_waiting(scope, WINDOW, sent)
    assert sent.chunks == staged
    assert tasks_of(store, scope) == 0


def test_of_many_senders_at_once_none_sends_what_another_did(
    store: Store, scope: TenantScope, staged: list[str]
) -> None:
    sent = Sent()
    with ThreadPoolExecutor(4) as pool:
        counts = pool.map(lambda _: store.outbox.send_waiting(scope, WINDOW, sent), range(8))
        assert sum(counts) == WINDOW
    assert sorted(sent.chunks) == staged[:WINDOW]


@pytest.mark.usefixtures("staged")
def test_what_the_queue_does_not_take_still_waits(store: Store, scope: TenantScope) -> None:
    def away(_: Sequence[EmbedTask]) -> None:
        raise Unavailable("The queue does not answer.")

    with pytest.raises(Unavailable):
        store.outbox.send_waiting(scope, WINDOW, away)
    assert scope in store.outbox.idle_tenants(BATCH)
    assert store.outbox.send_waiting(scope, WINDOW, Sent()) == WINDOW


@pytest.mark.usefixtures("staged")
def test_a_sender_that_dies_after_the_queue_took_its_tasks_only_sends_them_twice(
    store: Store, scope: TenantScope
) -> None:
    first = Sent()

    def die(tasks: Sequence[EmbedTask]) -> None:
        first(tasks)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.outbox.send_waiting(scope, WINDOW, die)
    assert embed_task(store.staging, first.tasks[0]).activated == 1

    again = Sent()
    store.outbox.send_waiting(scope, WINDOW, again)
    assert again.chunks[:3] == first.chunks[1:]
    for task in again.tasks[:3]:
        assert embed_task(store.staging, task).activated == 1
        assert embed_task(store.staging, task).activated == 0


@pytest.mark.usefixtures("staged")
def test_places_of_tasks_that_were_lost_are_free_again(store: Store, scope: TenantScope) -> None:
    store.outbox.send_waiting(scope, WINDOW, Sent())
    store.outbox.remove_lost(timedelta(hours=1), BATCH)
    assert store.outbox.send_waiting(scope, WINDOW, Sent()) == 0
    assert store.outbox.remove_lost(timedelta(seconds=-1), BATCH) >= WINDOW
    assert store.outbox.send_waiting(scope, WINDOW, Sent()) == WINDOW


@pytest.mark.usefixtures("staged")
def test_a_tenant_is_idle_when_its_tasks_wait_and_none_on_its_way_will_let_them_out(
    store: Store, scope: TenantScope
) -> None:
    other = TenantScope(f"{scope.tenant_id}-other")
    stage(store.staging, other, prepared("d0", "text 0"))
    store.outbox.send_waiting(other, WINDOW, Sent())
    assert scope in store.outbox.idle_tenants(BATCH)
    sent = Sent()
    store.outbox.send_waiting(scope, WINDOW, sent)
    assert scope not in store.outbox.idle_tenants(BATCH)
    for task in sent.tasks:
        embed_task(store.staging, task)
    assert scope in store.outbox.idle_tenants(BATCH)
    assert other not in store.outbox.idle_tenants(BATCH)


@pytest.mark.usefixtures("staged")
def test_one_tenants_tasks_take_no_place_of_anothers(store: Store, scope: TenantScope) -> None:
    store.outbox.send_waiting(scope, WINDOW, Sent())
    other = TenantScope(f"{scope.tenant_id}-other")
    stage(store.staging, other, prepared("d0", "text 0"))
    sent = Sent()
    assert store.outbox.send_waiting(other, WINDOW, sent) == 1
    assert sent.tasks[0].scope == other
    assert embed_task(store.staging, sent.tasks[0]).activated == 1


def test_documents_of_one_request_share_tasks(store: Store, scope: TenantScope) -> None:
    stage(store.staging, scope, *(prepared(f"d{number}", "text") for number in range(5)))
    sent = Sent()
    assert store.outbox.send_waiting(scope, WINDOW, sent) == 1
    assert embed_task(store.staging, sent.tasks[0]).activated == 5


def test_a_task_whose_documents_are_gone_is_done(store: Store, scope: TenantScope) -> None:
    stage(store.staging, scope, prepared("a", "text"))
    sent = Sent()
    store.outbox.send_waiting(scope, WINDOW, sent)
    store.documents.delete(scope, "a")
    assert embed_task(store.staging, sent.tasks[0]).embedded == 0
    assert tasks_of(store, scope) == 0


def tasks_of(store: Store, scope: TenantScope) -> int:
    query = "MATCH (t:EmbedTask) WHERE t.tenant_id = $tenant RETURN count(t) AS tasks"
    return int(store.client.run(query, tenant=scope.tenant_id)[0]["tasks"])
