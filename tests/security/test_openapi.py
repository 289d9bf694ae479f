"""Thousands of requests made from the OpenAPI document, right and wrong ones, alone and one after another's reply.

No reply may be a 5xx, have a status, type, header or body that the document does not name, accept what it refuses, or
answer without a token. GRAPHWELL_FUZZ_EXAMPLES makes the run longer (requests of each kind a route, 150).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.stack import CHECKOUT, Stack

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
TENANT = "fuzzed"
ROLES = ("reader", "editor", "admin", "platform_admin")
EXAMPLES = int(os.environ.get("GRAPHWELL_FUZZ_EXAMPLES", "150"))
LEAST_CASES = 2_500


@pytest.mark.timeout(900)
def test_no_request_surprises_the_document(stack: Stack, tmp_path: Path) -> None:
    words = ["--config-file", str(CONFIGURATION), "run", str(CHECKOUT / "docs" / "openapi.json")]
    options = ["--url", stack.status["url"], "-n", str(EXAMPLES), "--generation-deterministic", "--no-color"]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("st")), *words, *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"GRAPHWELL_TOKEN": stack.token(TENANT, *ROLES), "GRAPHWELL_TENANT": TENANT},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"(\d+) generated", done.stdout)
    assert counted is not None, done.stdout
    assert int(counted[1]) >= LEAST_CASES
    print(counted[0])  # noqa: T201  # the figure of the run, shown with -s
