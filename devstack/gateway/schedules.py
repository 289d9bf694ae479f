"""Schedules: rate(...) and cron(...) expressions as EventBridge reads them, in UTC."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from devstack.errors import DevstackError
from devstack.gateway.environments import InvokeResult
from devstack.gateway.function_view import ScheduleSource
from devstack.gateway.references import Account

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rate:
    """Every so often, for the first time one interval after the start."""

    every: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """Return when it fires next."""
        return moment + self.every


@dataclass(frozen=True)
class Cron:
    """At the minutes that all fields name; a `?` or `*` names every value. Days of the week are 1 (Sunday) to 7."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]

    def next_after(self, moment: datetime) -> datetime:
        """Return when it fires next.

        Raises:
            DevstackError: it never does.
        """
        candidate = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        while candidate.year <= max(self.years):
            if not self._names_day(candidate):
                candidate = candidate.replace(hour=0, minute=0) + timedelta(days=1)
            elif candidate.hour not in self.hours:
                candidate = candidate.replace(minute=0) + timedelta(hours=1)
            elif candidate.minute not in self.minutes:
                candidate += timedelta(minutes=1)
            else:
                return candidate
        raise DevstackError("A schedule of the template has no further date; change its cron expression.")

    def _names_day(self, moment: datetime) -> bool:
        return (
            moment.year in self.years
            and moment.month in self.months
            and moment.day in self.days
            and moment.isoweekday() % 7 + 1 in self.weekdays
        )


def parse_schedule(expression: str) -> Rate | Cron:
    """Return the schedule of an expression.

    Raises:
        DevstackError: it is neither rate(...) nor cron(...), or uses L, W or #.
    """
    text = expression.strip()
    if match := _RATE.fullmatch(text):
        return Rate(timedelta(**{f"{match.group(2)}s": int(match.group(1))}))
    fields = text.removeprefix("cron(").removesuffix(")").split()
    if not text.startswith("cron(") or len(fields) != 6:  # noqa: PLR2004
        raise DevstackError(f"The schedule {expression} is neither rate(...) nor cron(...) with six fields.")
    limits = [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, _MONTHS), (1, 7, _DAYS), (1970, 2199, [])]
    try:
        return Cron(*(_values(field, *limit) for field, limit in zip(fields, limits, strict=True)))
    except ValueError as error:
        raise DevstackError(f"The local stack cannot read the schedule {expression}: {error}.") from error


def _values(field: str, least: int, most: int, names: list[str]) -> frozenset[int]:
    values: set[int] = set()
    for part in field.upper().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = least if first in {"*", "?"} else _number(first, least, most, names)
        end = _number(last, least, most, names) if last else most if step or first in {"*", "?"} else start
        values |= set(range(start, end + 1, int(step or 1)))
    return frozenset(values)


def _number(text: str, least: int, most: int, names: list[str]) -> int:
    number = names.index(text) + 1 if text in names else int(text)
    if not least <= number <= most:
        raise ValueError(f"{text} is not from {least} to {most}")
    return number


class ScheduleRunner:
    """Invokes a function on schedule; a run that lasts longer than the interval delays the next one."""

    def __init__(
        self, source: ScheduleSource, invoke: Callable[[bytes], Awaitable[InvokeResult]], account: Account
    ) -> None:
        """Run `source`.

        Raises:
            DevstackError: its expression cannot be read, or names no further date.
        """
        self._source = source
        self._schedule = parse_schedule(source.expression)
        self._schedule.next_after(datetime.now(UTC))
        self._invoke = invoke
        self._account = account
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop; a run under way is cut off."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            due = self._schedule.next_after(datetime.now(UTC))
            await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
            payload = self._source.payload or json.dumps(scheduled_event(self._source.name, due, self._account))
            result = await self._invoke(payload.encode())
            if result.function_error:
                _log.warning("The scheduled run %s failed: %s", self._source.name, result.payload.decode())


def scheduled_event(rule: str, due: datetime, account: Account) -> Mapping[str, object]:
    """Return EventBridge's event for a scheduled rule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account.account_id,
        "time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "region": account.region,
        "resources": [account.arn("events", f"rule/{rule}")],
        "detail": {},
    }
