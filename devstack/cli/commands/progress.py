"""Progress bars on stderr; nothing where stderr is no terminal."""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from devstack.client.job_watch import JobsProgress


class ProgressBars:
    """Bars for documents submitted, chunks embedded and queries asked, each shown when it begins.

    Use it in a with statement.

    Parameters:
        documents: how many documents are expected.
        queries: how many queries will be asked.
    """

    def __init__(self, *, documents: int, queries: int = 0) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description:<19}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._documents = self._add("Documents submitted", documents)
        self._chunks = self._add("Chunks embedded", None)
        self._queries = self._add("Queries asked", queries)
        self._expected_documents = documents

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def expect_documents(self, more: int) -> None:
        """Tell that a file holds so many more documents than the one that was counted for it."""
        self._expected_documents += more
        self._progress.update(self._documents, total=self._expected_documents)

    def submitted(self, documents: int) -> None:
        """Tell that so many more documents are done with."""
        self._begin(self._documents)
        self._progress.advance(self._documents, documents)

    def embedded(self, progress: JobsProgress) -> None:
        """Tell how far the jobs are."""
        self._begin(self._chunks)
        self._progress.update(self._chunks, total=progress.chunks_total, completed=progress.chunks_embedded)

    def query_asked(self) -> None:
        """Tell that one more query is done with. Safe to call from several threads."""
        self._begin(self._queries)
        self._progress.advance(self._queries)

    def _add(self, description: str, total: int | None) -> TaskID:
        return self._progress.add_task(description, total=total, visible=False, start=False)

    def _begin(self, task: TaskID) -> None:
        self._progress.start_task(task)
        self._progress.update(task, visible=True)
