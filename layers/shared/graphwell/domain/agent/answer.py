"""What a run of the agent comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphwell.domain.agent.steps import Step, Stop
from graphwell.domain.passages import AnswerWithPassages


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """An answer with its passages, all steps that led to it, and why no further one was taken."""

    content: AnswerWithPassages
    steps: Sequence[Step]
    stopped: Stop
    degraded: Sequence[str]
