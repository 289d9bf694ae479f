"""Tell the queue of a tenant's next tasks, a bounded number at a time."""

from __future__ import annotations

from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedOutbox, EmbedQueue

TASKS_A_WORKER = 3
"""A tenant's tasks on their way for each worker: one in work, and the next two. With fewer it would wait for work; with
more, another tenant's one document would wait for them."""


class SendTasks:
    """Run after staging, after each finished task, and by the reconciler for what a crash left waiting.

    However much a tenant has staged, only a window of it is in the queue: another tenant's document waits behind the
    window, not behind the whole.

    Parameters:
        workers: batches that are embedded at once.
    """

    def __init__(self, outbox: EmbedOutbox, queue: EmbedQueue, workers: int) -> None:
        self._outbox = outbox
        self._queue = queue
        self._window = TASKS_A_WORKER * workers

    def __call__(self, scope: TenantScope) -> int:
        """Send what the tenant's window has room for, oldest first, and return how many tasks that were.

        Raises:
            Unavailable: the store or the queue does not answer; what waited still waits.
        """
        return self._outbox.send_waiting(scope, self._window, self._queue.send)
