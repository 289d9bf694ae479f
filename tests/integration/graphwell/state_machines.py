"""Running state machines against real servers: few examples by default, more where a variable asks for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EXAMPLES = int(os.environ.get("GRAPHWELL_MACHINE_EXAMPLES", "6"))
STEPS = 30


def run_machine(machine: Callable[[], RuleBasedStateMachine]) -> None:
    """Run a machine until it has passed `EXAMPLES` sequences of `STEPS` steps at most."""
    runnable: Any = machine  # it is only called
    run_state_machine_as_test(
        runnable,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
