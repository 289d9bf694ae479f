"""RSA keys that can be factored from the public half alone: those of the ROCA generator."""

from __future__ import annotations

_GENERATOR = 65537
_SMALL_PRIMES = (
    *(3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97),
    *(101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167),
)
"""Odd primes of the smallest modulus that the generator used (512-bit keys); larger keys' moduli contain them."""


def is_roca(modulus: int) -> bool:
    """Return whether a modulus has the fingerprint of CVE-2017-15361.

    Both primes of such a key are powers of 65537 modulo every small prime, and so is their product (Nemec et al., "The
    Return of Coppersmith's Attack", CCS 2017, section 2). Any other key passes all tests once in some 2**27 or less.

    Parameters:
        modulus: the public `n`.
    """
    return all(modulus % prime in _powers(prime) for prime in _SMALL_PRIMES)


def _powers(prime: int) -> set[int]:
    found, power = {1}, _GENERATOR % prime
    while power not in found:
        found.add(power)
        power = power * _GENERATOR % prime
    return found
