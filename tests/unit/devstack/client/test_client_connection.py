"""Which stack a command talks to, and as whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.client.connection import Connection, resolve_connection
from devstack.client.credentials import FixedToken
from devstack.errors import DevstackError, UsageError
from devstack.state import DataFolder, StackState, StackStatus

LOCAL_URL = "http://127.0.0.1:8787"


def write_state(folder: Path, url: str | None) -> None:
    state = StackState(
        pid=1, status=StackStatus.RUNNING, data=str(folder), log_dir=str(folder), started_at="2026-01-01", url=url
    )
    DataFolder(folder).write_state(state)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """The data folder of a stack that holds its lock."""
    with DataFolder(tmp_path).held():
        write_state(tmp_path, f"{LOCAL_URL}/")
        yield tmp_path


def mint(folder: Path, tenant: str) -> str:
    return f"token of {tenant} from {folder.name}"


def test_the_running_stack_is_used_with_a_token_for_the_tenant(running: Path) -> None:
    connection = resolve_connection(url=None, token=None, tenant="acme", data_dir=running, mint=mint)
    assert connection.url == LOCAL_URL
    assert connection.is_local_stack
    assert connection.tenant_header is None
    assert connection.credentials.bearer_token() == f"token of acme from {running.name}"


def test_the_local_address_given_in_full_needs_no_token_either(running: Path) -> None:
    connection = resolve_connection(url=LOCAL_URL, token=None, tenant="acme", data_dir=running, mint=mint)
    assert connection.is_local_stack


def test_a_given_token_is_used_with_the_local_stack(running: Path) -> None:
    connection = resolve_connection(url=None, token="given", tenant="acme", data_dir=running, mint=mint)
    assert connection.credentials.bearer_token() == "given"
    assert connection.tenant_header == "acme"


def test_a_deployed_stack_takes_url_and_token(tmp_path: Path) -> None:
    connection = resolve_connection(url="https://api.example.com/prod/", token="given", tenant=None, data_dir=tmp_path)
    assert connection.url == "https://api.example.com/prod"
    assert not connection.is_local_stack


def test_without_a_stack_the_sentence_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(DevstackError) as caught:
        resolve_connection(url=None, token=None, tenant="acme", data_dir=tmp_path)
    assert str(caught.value) == (
        "The local stack is not running; start it with `graphwell up`, or pass --url and --token."
    )


def test_a_state_file_left_by_a_killed_stack_counts_for_nothing(tmp_path: Path) -> None:
    write_state(tmp_path, LOCAL_URL)
    with pytest.raises(DevstackError, match="not running"):
        resolve_connection(url=None, token=None, tenant="acme", data_dir=tmp_path)


def test_a_stack_without_address_is_still_starting(running: Path) -> None:
    write_state(running, None)
    with pytest.raises(DevstackError, match="still starting"):
        resolve_connection(url=None, token=None, tenant="acme", data_dir=running)


def test_a_deployed_stack_without_token_is_refused(running: Path) -> None:
    with pytest.raises(UsageError, match="--token"):
        resolve_connection(url="https://api.example.com", token=None, tenant="acme", data_dir=running, mint=mint)


def test_the_local_stack_needs_a_tenant(running: Path) -> None:
    with pytest.raises(UsageError, match="--tenant"):
        resolve_connection(url=None, token=None, tenant=None, data_dir=running, mint=mint)


@pytest.mark.parametrize("tenant", ["", "a b", "a/b", "x" * 65, "acme\n"])
def test_invalid_tenants_are_refused(running: Path, tenant: str) -> None:
    with pytest.raises(UsageError, match="--tenant"):
        resolve_connection(url=None, token=None, tenant=tenant, data_dir=running, mint=mint)


@pytest.mark.parametrize("url", ["api.example.com", "ftp://api.example.com", "https://", "not a url"])
def test_invalid_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="--url"):
        resolve_connection(url=url, token="given", tenant=None, data_dir=tmp_path)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [("http://127.0.0.1:1", True), ("http://localhost", True), ("http://[::1]:1", True), ("https://a.example", False)],
)
def test_knows_addresses_of_this_machine(url: str, *, loopback: bool) -> None:
    assert Connection(url, FixedToken("t")).is_loopback is loopback
