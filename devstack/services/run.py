"""`python -m devstack.services.run --data DIR [--only neo4j,valkey]`: servers without functions, for tests and benches.

Prints one line of JSON, the fields of Endpoints, when all of them answer; ends on SIGTERM, SIGINT or end of input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from devstack.errors import DevstackError
from devstack.preflight import check_data_folder, check_platform
from devstack.services.group import SERVICE_NAMES, ServiceGroup
from devstack.state import DataFolder


def main() -> int:
    """Run until told to stop; return the exit code."""
    options = _options()
    try:
        asyncio.run(_serve(options.data, options.only))
    except DevstackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _serve(data: Path, only: Collection[str]) -> None:
    check_platform()
    check_data_folder(data)
    folder = DataFolder(data.resolve())
    with folder.held():
        group = ServiceGroup(folder, only=only)
        stop = _stop_requested()
        start = asyncio.create_task(group.start())
        await asyncio.wait([start, stop], return_when=asyncio.FIRST_COMPLETED)
        try:
            if start.done():
                start.result()
                group.board.running(url=None)
                sys.stdout.write(json.dumps(asdict(group.endpoints), default=str) + "\n")
                sys.stdout.flush()
                await stop
        finally:
            start.cancel()
            await asyncio.gather(start, return_exceptions=True)
            await group.stop()
            group.board.stopped()


def _stop_requested() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def request() -> None:
        if not stop.done():
            stop.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, request)
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):  # the input of a terminal or of /dev/null has no end
        loop.add_reader(sys.stdin, lambda: None if os.read(sys.stdin.fileno(), 4096) else request())
    return stop


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Start servers of the local stack without its functions.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--only",
        type=lambda names: names.split(","),
        default=list(SERVICE_NAMES),
        help=f"of {', '.join(SERVICE_NAMES)}",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
