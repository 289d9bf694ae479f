"""Ports are remembered while they are free."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from devstack.errors import DevstackError
from devstack.ports import choose_ports, is_free
from devstack.stack_options import DEFAULT_PORT, take_public_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_new_ports_are_free_and_different() -> None:
    ports = choose_ports(["a", "b", "c"], {})

    assert len(set(ports.values())) == 3
    assert all(is_free(port) for port in ports.values())


def test_a_remembered_port_is_kept() -> None:
    first = choose_ports(["a", "b"], {})

    assert choose_ports(["a", "b"], first) == first


def test_a_remembered_port_that_was_taken_meanwhile_is_replaced(taken_port: int) -> None:
    ports = choose_ports(["a"], {"a": taken_port})

    assert ports["a"] != taken_port


def test_ports_are_outside_of_the_range_that_connections_use() -> None:
    assert all(20_000 <= port < 32_000 for port in choose_ports(map(str, range(50)), {}).values())


def test_a_wanted_public_port_that_is_taken_is_refused(taken_port: int) -> None:
    with pytest.raises(DevstackError, match=f"Port {taken_port} is taken by another program; give another --port"):
        take_public_port(taken_port, {})


def test_without_a_wish_the_public_port_is_the_default_or_the_remembered_one() -> None:
    remembered = choose_ports(["gateway"], {})
    expected = DEFAULT_PORT if is_free(DEFAULT_PORT) else remembered["gateway"]

    port, holder = take_public_port(None, remembered)
    holder.close()

    assert port == expected


def test_two_stacks_that_start_at_once_have_two_ports() -> None:
    """Neither listens yet: the first to come to it took the second's, which failed once all of its servers were up."""
    first, its_holder = take_public_port(None, {})
    second, other_holder = take_public_port(None, {})
    with its_holder, other_holder:
        assert first != second
        with pytest.raises(DevstackError, match=f"Port {first} is taken"):
            take_public_port(first, {})
    port, holder = take_public_port(first, {})
    holder.close()
    assert port == first
