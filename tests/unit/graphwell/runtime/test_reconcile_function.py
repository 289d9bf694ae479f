"""The entry point that repairs: what of its failures is a failure of the function."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graphwell.adapters.untraced import UNTRACED
from graphwell.domain.errors import Unavailable

RECONCILE = Path(__file__).parents[4] / "functions" / "reconcile" / "app.py"
CONTEXT = SimpleNamespace(
    function_name="reconcile",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 55_000,
)


class Shard:
    """Fails in every repair but that of metadata keys, which is the fourth."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def apply_metadata_keys(self, _deadline: object) -> int:
        """Say what was done."""
        return 1

    def __getattr__(self, _name: str) -> Any:
        raise self._failure


def reconcile(failure: Exception) -> dict[str, int]:
    app = runpy.run_path(str(RECONCILE))
    vars(app["container"]).update(tracer=UNTRACED, shards={"default": Shard(failure)})
    repaired: dict[str, int] = app["handler"]({}, CONTEXT)
    return repaired


def test_a_part_that_is_away_is_no_error_of_the_function(caplog: pytest.LogCaptureFixture) -> None:
    """The alarm on errors of functions would go off beside the one on the part."""
    assert reconcile(Unavailable("The graph does not answer.")) == {"keyed_tenants": 1}
    reasons = [getattr(record, "reason", None) for record in caplog.records]
    assert reasons.count("The graph does not answer.") == 5


def test_what_a_repair_breaks_at_is_an_error_of_the_function() -> None:
    with pytest.raises(ExceptionGroup) as failures:
        reconcile(KeyError("moved_at"))
    assert {type(failure) for failure in failures.value.exceptions} == {KeyError}
