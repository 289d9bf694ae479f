"""Which limits count, and who counts while a part is away."""

from __future__ import annotations

import pytest

from graphwell.adapters.local_rate_log import LocalRateLog
from graphwell.domain.identity import Principal, Role
from graphwell.domain.rate_limits import RateClass, RateLimits
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.limit_rate import LOCAL_SHARE, SETTINGS_LIFE_S, LimitRate
from tests.fakes.rate_limits import FakeRateLog, FakeTenantSettings
from tests.unit.graphwell.http.gateway import FAR_FUTURE

ACME = TenantScope("acme")


def _caller(subject: str = "user-1", tenant_id: str = "acme") -> Principal:
    return Principal(subject, tenant_id, frozenset({Role.READER}), FAR_FUTURE)


class Limiter:
    """The use case over fakes, at a time that tests set."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.settings = FakeTenantSettings()
        self.shared = FakeRateLog()
        self.take = LimitRate(
            self.settings, shared=self.shared, local=LocalRateLog(lambda: self.now_s), now_s=lambda: self.now_s
        )

    def allowed(self, times: int, caller: Principal, rate_class: RateClass = RateClass.STANDARD) -> int:
        """Return how many of these requests are taken."""
        return sum(self.take(caller, rate_class).allowed for _ in range(times))


@pytest.fixture
def limiter() -> Limiter:
    return Limiter()


def test_a_principal_may_send_so_many_requests_and_fewer_to_models(limiter: Limiter) -> None:
    assert limiter.allowed(20, _caller(), RateClass.MODEL) == 10
    assert limiter.allowed(120, _caller()) == 90


def test_principals_of_a_tenant_share_its_ceiling_and_no_other_tenants(limiter: Limiter) -> None:
    limiter.settings.stored[ACME] = RateLimits(tenant_requests_per_minute=5)
    assert limiter.allowed(4, _caller("user-1")) == 4
    assert limiter.allowed(4, _caller("user-2")) == 1
    assert limiter.allowed(4, _caller("user-3", "Acme")) == 4


def test_limits_that_were_set_count_half_a_minute_later(limiter: Limiter) -> None:
    assert limiter.allowed(1, _caller()) == 1
    limiter.settings.stored[ACME] = RateLimits(requests_per_minute=2)
    limiter.now_s = SETTINGS_LIFE_S - 1
    assert limiter.allowed(2, _caller()) == 2
    limiter.now_s = SETTINGS_LIFE_S
    assert limiter.allowed(1, _caller()) == 0
    assert limiter.settings.asked == 2


def test_the_last_known_limits_count_while_the_settings_are_away(limiter: Limiter) -> None:
    limiter.settings.stored[ACME] = RateLimits(requests_per_minute=2)
    assert limiter.allowed(1, _caller()) == 1
    limiter.settings.down = True
    limiter.now_s = SETTINGS_LIFE_S
    assert limiter.allowed(5, _caller()) == 1


def test_the_defaults_count_while_the_settings_were_never_there(limiter: Limiter) -> None:
    limiter.settings.down = True
    assert limiter.allowed(150, _caller()) == 100


def test_without_the_shared_log_a_part_of_every_limit_is_allowed(limiter: Limiter) -> None:
    assert not limiter.take(_caller(), RateClass.STANDARD).is_partial
    limiter.shared.down = True
    assert limiter.take(_caller("user-3"), RateClass.STANDARD).is_partial
    assert limiter.allowed(150, _caller()) == 100 * LOCAL_SHARE
    assert limiter.allowed(20, _caller("user-2"), RateClass.MODEL) == int(10 * LOCAL_SHARE)


def test_a_shared_log_that_is_back_counts_again(limiter: Limiter) -> None:
    limiter.shared.down = True
    limiter.allowed(20, _caller())
    limiter.shared.down = False
    assert limiter.allowed(150, _caller()) == 100


def test_without_a_shared_log_the_local_one_counts() -> None:
    take = LimitRate(FakeTenantSettings(), shared=None, local=LocalRateLog())
    assert sum(take(_caller(), RateClass.STANDARD).allowed for _ in range(50)) == 100 * LOCAL_SHARE
