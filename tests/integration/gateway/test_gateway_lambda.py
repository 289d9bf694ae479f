"""Functions run under awslambdaric as they do in Lambda."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from devstack.errors import DevstackError
from devstack.gateway.environments import InvokeResult
from devstack.gateway.function_view import read_functions
from devstack.gateway.functions import Functions
from devstack.gateway.template import Template

pytestmark = pytest.mark.anyio


@pytest.fixture
async def functions(toy: Path, tmp_path: Path) -> AsyncIterator[Functions]:
    template = Template(toy, {})
    running = Functions(
        read_functions(template),
        account=template.account,
        local_variables={"LOCAL": "here"},
        log_dir=tmp_path / "logs",
    )
    yield running
    await running.stop()


async def _call(functions: Functions, name: str = "echo", /, **event: Any) -> Any:
    result = await functions.invoke(name, json.dumps(event).encode())
    assert result.function_error is None, result.payload
    return json.loads(result.payload)


async def _error(functions: Functions, name: str = "echo", /, **event: Any) -> dict[str, Any]:
    result: InvokeResult = await functions.invoke(name, json.dumps(event).encode())
    assert result.function_error == "Unhandled"
    document: dict[str, Any] = json.loads(result.payload)
    return document


async def test_a_handler_sees_lambdas_environment(functions: Functions, toy: Path) -> None:
    seen = await _call(functions)
    environment = seen["environment"]

    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "graphwell-EchoFunction"
    assert environment["LAMBDA_TASK_ROOT"] == str(toy.parent / "functions/echo")
    assert environment["_HANDLER"] == "app.handler"
    assert (environment["GREETING"], environment["LOCAL"]) == ("hello", "here")
    assert environment["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert "VIRTUAL_ENV" not in environment
    assert seen["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:graphwell-EchoFunction"
    assert 0 < seen["remaining_ms"] <= 60_000


async def test_one_environment_serves_calls_one_after_the_other(functions: Functions) -> None:
    assert len({(await _call(functions))["pid"] for _ in range(3)}) == 1


async def test_calls_at_once_use_two_environments_at_most(functions: Functions) -> None:
    await asyncio.gather(*(_call(functions, sleep_s=0.2) for _ in range(5)))

    assert len(functions.pool("echo").environments) == 2


async def test_every_name_of_a_function_reaches_it(functions: Functions) -> None:
    names = ["echo", "EchoFunction", "graphwell-EchoFunction", functions.pool("echo").function.arn]

    assert [functions.pool(name).function.short_name for name in names] == ["echo"] * 4
    with pytest.raises(DevstackError, match="There is no function nobody"):
        functions.pool("nobody")


async def test_an_exception_is_reported_and_the_environment_lives_on(functions: Functions) -> None:
    before = (await _call(functions))["pid"]
    error = await _error(functions, **{"raise": "bad"})

    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "bad")
    assert (await _call(functions))["pid"] == before


async def test_a_crash_fails_its_call_and_the_environment_is_replaced(functions: Functions) -> None:
    before = (await _call(functions))["pid"]
    error = await _error(functions, exit=3)

    assert error["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in error["errorMessage"]
    assert (await _call(functions))["pid"] != before


async def test_a_timeout_ends_the_environment(functions: Functions) -> None:
    await functions.warm(["hasty"])
    before = functions.pool("hasty").environments
    error = await _error(functions, "hasty", sleep_s=300)

    assert "Task timed out after 1.00 seconds" in error["errorMessage"]
    assert [environment.alive for environment in before] == [False]
    await functions.warm(["hasty"])
    assert len(functions.pool("hasty").environments) == 1


async def test_a_reply_over_6_mb_is_an_error(functions: Functions) -> None:
    assert (await _error(functions, size=6 * 1024 * 1024))["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(await _call(functions, size=6_000_000)) == 6_000_000


async def test_a_large_event_arrives(functions: Functions) -> None:
    assert (await _call(functions, padding="x" * 6_000_000))["pid"]


async def test_an_import_error_is_reported_with_its_name(functions: Functions) -> None:
    result = await functions.invoke("bad", b"{}")

    assert result.function_error == "Unhandled"
    assert json.loads(result.payload)["errorType"] == "Runtime.ImportModuleError"
    with pytest.raises(DevstackError, match=r"The function bad did not start.*see bad\.log"):
        await functions.warm(["bad"])


async def test_output_and_report_go_to_the_functions_log(functions: Functions, tmp_path: Path) -> None:
    await _call(functions)
    log = (tmp_path / "logs/echo.log").read_text("utf-8")

    assert "imported toy layer" in log
    assert "REPORT RequestId:" in log
    assert "Init Duration:" in log


async def test_cold_starts_are_recorded(functions: Functions) -> None:
    await functions.warm(["echo"])
    echo = next(entry for entry in functions.status() if entry["function"] == "echo")

    assert len(echo["cold_starts"]) == len(echo["environments"]) == 1
    assert echo["cold_starts"][0]["init_ms"] > 0
    assert echo["cold_starts"][0]["rss_bytes"] > 1_000_000


async def test_a_stop_ends_every_process(functions: Functions) -> None:
    await functions.warm(["echo", "guard"])
    environments = [environment for name in ("echo", "guard") for environment in functions.pool(name).environments]
    await functions.stop()

    assert [environment.alive for environment in environments] == [False, False]
