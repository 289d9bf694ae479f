"""Lambda's own lines in a function's log: START, END, REPORT and INIT_REPORT."""

from __future__ import annotations

from pathlib import Path


class FunctionLog:
    """Appends to the log file that the function's own output goes to."""

    def __init__(self, path: Path) -> None:
        """Append to `path`, whose folder is created."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("ab", buffering=0)

    def started(self, request_id: str) -> None:
        """Note that an invocation begins."""
        self._file.write(f"START RequestId: {request_id} Version: $LATEST\n".encode())

    def ended(
        self,
        request_id: str,
        *,
        duration_ms: float,
        memory_mb: int,
        rss_bytes: int,
        init_ms: float | None,
        failure: str,
    ) -> None:
        """Note that an invocation ended; `init_ms` is given for the first one of its environment."""
        init = "" if init_ms is None else f"\tInit Duration: {init_ms:.2f} ms"
        status = f"\tStatus: error\tError Type: {failure}" if failure else ""
        report = (
            f"END RequestId: {request_id}\nREPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms"
            f"\tMemory Size: {memory_mb} MB\tMax Memory Used: {rss_bytes / 2**20:.0f} MB{init}{status}\n"
        )
        self._file.write(report.encode())

    def init_failed(self, message: str) -> None:
        """Note that an environment did not become ready."""
        self._file.write(f"INIT_REPORT Status: error\t{message}\n".encode())

    def close(self) -> None:
        """Close the file."""
        self._file.close()
