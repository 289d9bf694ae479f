"""Schedules fire when EventBridge's would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.errors import DevstackError
from devstack.gateway.references import Account
from devstack.gateway.schedules import Rate, parse_schedule, scheduled_event

NOON = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
"""A Monday."""


@pytest.mark.parametrize(
    ("expression", "every"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(2 hours)", timedelta(hours=2)),
        ("rate(1 day)", timedelta(days=1)),
    ],
)
def test_rates(expression: str, every: timedelta) -> None:
    assert parse_schedule(expression) == Rate(every)
    assert parse_schedule(expression).next_after(NOON) == NOON + every


@pytest.mark.parametrize(
    ("expression", "next_at"),
    [
        ("cron(* * * * ? *)", "2026-11-23T12:01"),
        ("cron(0/15 * * * ? *)", "2026-11-23T12:15"),
        ("cron(0 10 * * ? *)", "2026-11-24T10:00"),
        ("cron(15 12 ? * MON-FRI *)", "2026-11-23T12:15"),
        ("cron(0 12 ? * SUN *)", "2026-11-29T12:00"),
        ("cron(0 12 ? * 1,7 *)", "2026-11-28T12:00"),
        ("cron(0 0 1 * ? *)", "2026-12-01T00:00"),
        ("cron(30 8 29 FEB ? *)", "2028-02-29T08:30"),
        ("cron(0 0 1 1 ? 2030)", "2030-01-01T00:00"),
    ],
)
def test_crons(expression: str, next_at: str) -> None:
    assert parse_schedule(expression).next_after(NOON) == datetime.fromisoformat(next_at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "every minute",
        "rate(1 fortnight)",
        "cron(0 0 L * ? *)",
        "cron(0 0 * * ?)",
        "cron(61 * * * ? *)",
        "cron(0 0 ? * 2#1 *)",
    ],
)
def test_other_expressions_are_refused(expression: str) -> None:
    with pytest.raises(DevstackError, match="schedule"):
        parse_schedule(expression)


def test_a_schedule_in_the_past_is_refused() -> None:
    with pytest.raises(DevstackError, match="no further date"):
        parse_schedule("cron(0 0 1 1 ? 2020)").next_after(NOON)


@given(st.integers(0, 59), st.integers(0, 23), st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001
def test_a_daily_cron_fires_within_a_day_at_its_time(minute: int, hour: int, moment: datetime) -> None:
    after = moment.replace(tzinfo=UTC)
    due = parse_schedule(f"cron({minute} {hour} * * ? *)").next_after(after)

    assert (due.hour, due.minute) == (hour, minute)
    assert timedelta(0) < due - after <= timedelta(days=1)


def test_the_event_names_its_rule_and_time() -> None:
    event = scheduled_event("EveryMinute", NOON, Account())

    assert event["detail-type"] == "Scheduled Event"
    assert event["time"] == "2026-11-23T12:00:30Z"
    assert event["resources"] == ["arn:aws:events:us-east-1:000000000000:rule/EveryMinute"]
