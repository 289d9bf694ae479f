"""The erase of a tenant goes on until nothing is left, whatever interrupts it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.erasure import FILES_SETTLE_AFTER, SETTLES_AFTER
from graphwell.domain.errors import Conflict, Unavailable
from graphwell.domain.jobs import JobStatus
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.erase_tenant import ContinueErases, StartErase
from graphwell.usecases.refuse_erased import OPEN_FOR_S, RefuseErased
from tests.fakes.clock import FakeClock, FakeMonotonic
from tests.fakes.erasure import FakeErasures, FakeHoldings

ACME, OTHER = TenantScope("acme"), TenantScope("other")
A_SECOND = timedelta(seconds=1)


class World:
    """Two stores that hold things of two tenants."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.erasures = FakeErasures(self.clock)
        self.graph, self.files = FakeHoldings("documents"), FakeHoldings("files")
        for store, count in ((self.graph, 5), (self.files, 3)):
            store.held.update({ACME: count, OTHER: count})
        self.start = StartErase(self.erasures, [self.graph, self.files])
        self.go_on = ContinueErases(self.erasures, [self.graph, self.files], self.clock)


@pytest.fixture
def world() -> World:
    return World()


def test_it_ends_when_all_that_was_under_way_has_ended_and_nothing_is_left(world: World) -> None:
    erasure = world.start(ACME, with_limits=False)
    assert erasure.before == {"documents": 5, "files": 3}
    assert world.go_on(Deadline.after(5)) == 0
    assert (world.graph.held[ACME], world.files.held[ACME]) == (0, 0)
    assert world.erasures.get(ACME, erasure.id).status is JobStatus.RUNNING

    world.clock.advance(SETTLES_AFTER + A_SECOND)
    world.graph.held[ACME] = 1  # written while it was under way
    assert world.go_on(Deadline.after(5)) == 1
    ended = world.erasures.get(ACME, erasure.id)
    assert (ended.status, ended.before, ended.after) == (
        JobStatus.SUCCEEDED,
        {"documents": 5, "files": 3},
        {"documents": 0, "files": 0},
    )
    assert (world.graph.held[OTHER], world.files.held[OTHER]) == (5, 3)


def test_it_waits_longer_for_files_that_were_on_their_way(world: World) -> None:
    world.erasures.awaited_files = True
    world.start(ACME, with_limits=False)
    world.clock.advance(SETTLES_AFTER + A_SECOND)
    assert world.go_on(Deadline.after(5)) == 0
    world.clock.advance(FILES_SETTLE_AFTER)
    assert world.go_on(Deadline.after(5)) == 1


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next(world: World) -> None:
    reading = FakeMonotonic()
    world.start(ACME, with_limits=False)
    world.clock.advance(SETTLES_AFTER + A_SECOND)
    assert world.go_on(Deadline(reading(), reading)) == 0
    assert world.graph.held[ACME] == 3
    assert world.go_on(Deadline.after(5)) == 1


def test_a_store_that_is_away_holds_up_its_own_tenants_alone(world: World) -> None:
    world.start(ACME, with_limits=False)
    world.clock.advance(SETTLES_AFTER + A_SECOND)
    world.files.down = True
    assert world.go_on(Deadline.after(5)) == 0
    with pytest.raises(Unavailable):
        world.start(OTHER, with_limits=False)
    assert world.erasures.running(OTHER) is None
    world.files.down = False
    assert world.go_on(Deadline.after(5)) == 1


def test_begun_twice_it_is_one(world: World) -> None:
    first = world.start(ACME, with_limits=False)
    assert world.start(ACME, with_limits=False).id == first.id
    world.clock.advance(SETTLES_AFTER + A_SECOND)
    world.go_on(Deadline.after(5))
    assert world.start(ACME, with_limits=False).id != first.id


def test_one_that_does_not_end_is_stalled(world: World) -> None:
    erasure = world.start(ACME, with_limits=False)
    assert not erasure.stalled(world.clock.now())
    world.clock.advance(timedelta(minutes=16))
    assert erasure.stalled(world.clock.now())


def test_requests_are_refused_while_it_runs_and_taken_after(world: World) -> None:
    refuse = RefuseErased(world.erasures, FakeMonotonic())
    erasure = world.start(ACME, with_limits=False)
    with pytest.raises(Conflict, match=erasure.id):
        refuse(ACME)
    refuse(OTHER)
    world.erasures.finish(erasure, {})
    refuse(ACME)


def test_an_open_tenant_is_asked_about_once_in_a_while(world: World) -> None:
    reading = FakeMonotonic()
    refuse = RefuseErased(world.erasures, reading)
    refuse(ACME)
    world.start(ACME, with_limits=False)
    asked = world.erasures.asked
    refuse(ACME)
    assert world.erasures.asked == asked
    reading.reading_s += OPEN_FOR_S
    with pytest.raises(Conflict):
        refuse(ACME)
