"""Keys whose public half gives the private one away."""

from __future__ import annotations

from math import prod

from hypothesis import given
from hypothesis import strategies as st

from graphwell.adapters.weak_rsa_keys import _SMALL_PRIMES, is_roca
from tests.fakes.keys import new_key

_PRIMORIAL = prod(_SMALL_PRIMES)


@given(st.integers(0, 2**64), st.integers(2**100, 2**1800))
def test_powers_of_the_generator_are_found(exponent: int, multiple: int) -> None:
    assert is_roca(pow(65537, exponent, _PRIMORIAL) + multiple * _PRIMORIAL)


def test_an_ordinary_key_is_not() -> None:
    assert not is_roca(new_key().public_key().public_numbers().n)
