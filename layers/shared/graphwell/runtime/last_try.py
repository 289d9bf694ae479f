"""What happens before a message becomes a dead letter: its job hears why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from graphwell.adapters.sqs_lease import MAX_RECEIVES
from graphwell.domain.errors import GraphwellError


@contextmanager
def last_try(receives: int, give_up: Callable[[str], None]) -> Iterator[None]:
    """Give work up when it fails on the last try of its message, with a reason for the person who reads the job.

    The worker does it itself since it alone knows the cause; a consumer of the dead-letter queue would know none, and
    would empty the queue that operators look into. A worker that dies on the last try says nothing: the reconciler
    finds that work idle, and gives it up after its own attempts.

    Parameters:
        receives: how often the message was given out, this time included; it goes on to the dead-letter queue all the
            same.
        give_up: takes the reason.
    """
    try:
        yield
    except Exception as error:
        if receives >= MAX_RECEIVES:
            with suppress(GraphwellError):  # the graph is away; the reconciler will see to it
                give_up(_reason(error, receives))
        raise


def _reason(error: Exception, tries: int) -> str:
    cause = error.detail if isinstance(error, GraphwellError) else f"An unexpected error ({type(error).__name__})."
    return f"It failed {tries} times, at last so: {cause} Retry the job once the cause is gone."
