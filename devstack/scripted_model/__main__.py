"""`python -m devstack.scripted_model [SCRIPT.json] [--port N]`: serve a script until interrupted.

Without one, every question is answered with the first sentence of the first passage.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from devstack.errors import DevstackError
from devstack.scripted_model.script import Script, read_script
from devstack.scripted_model.server import ScriptedModel


def main() -> int:
    """Serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devstack.scripted_model", description=__doc__)
    parser.add_argument("script", nargs="?", type=Path, help="What it replies, as JSON.")
    parser.add_argument("--port", type=int, default=0, help="Where on loopback; any free one by default.")
    given = parser.parse_args()
    try:
        model = ScriptedModel(read_script(given.script) if given.script else Script(), given.port)
    except (DevstackError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(f"{model.url}  (what it was asked: {model.url.removesuffix('/v1')}/requests)", flush=True)  # noqa: T201
    with suppress(KeyboardInterrupt):
        model.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
