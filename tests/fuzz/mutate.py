"""Damages bytes: what a fuzz target is fed is a seed, or an input that reached something, changed in a few ways."""

import re
from collections.abc import Callable, Sequence
from random import Random

# No input is longer: what is kept would grow from one to the next.
MOST_BYTES = 1 << 16
# What has been in the way of readers before: of JSON, of TOML, of numbers in addresses.
VALUES: tuple[bytes, ...] = (
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"1e300",
    b"-0.0",
    b"1e-400",
    b"9223372036854775807",
    b"99999999999999999999999999",
    b"7" * 5000,
    b"--7",
    "²".encode(),
    "٣".encode(),
    b'"NaN"',
    b"nan",
    b'"-Infinity"',
    b'""',
    b'"0"',
    b'"-5"',
    b'"1e308"',
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\xff"',
    b"\xff",
    b"\x00",
    b"[]",
    b"{}",
    b"[[]]",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"a." * 3000,
)
_INTEGERS = (0, 1, -1, 127, 128, 255, 256, 1 << 15, 1 << 16, (1 << 31) - 1, 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63)
# A value stands behind one of the first, up to one of the second.
_VALUE = re.compile(rb"[:=,&?\[]([^,}\]&\n\[{]+)")
# Most inputs are changed once: more often than that, little of them stays whole.
_CHANGES = (1, 1, 1, 2, 3)

Mutation = Callable[[bytearray, Random, Sequence[bytes]], bytearray]


def flip_bits(data: bytearray, rng: Random, _: Sequence[bytes]) -> bytearray:
    for _flip in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def cut(data: bytearray, rng: Random, _: Sequence[bytes]) -> bytearray:
    return data[: rng.randrange(len(data))]


def remove(data: bytearray, rng: Random, _: Sequence[bytes]) -> bytearray:
    start = rng.randrange(len(data))
    del data[start : start + rng.randint(1, 20)]
    return data


def splice(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytearray:
    other = rng.choice(others)
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other) + 1) :]


def swap_value(data: bytearray, rng: Random, _: Sequence[bytes]) -> bytearray:
    """Put something odd where a value stands."""
    found = _values(data)
    if found:
        start, end = rng.choice(found)
        data[start:end] = rng.choice(VALUES)
    return data


def borrow_value(data: bytearray, rng: Random, others: Sequence[bytes]) -> bytearray:
    """Put a value of another input where one stands: what is whole mostly stays whole, and says something else."""
    other = rng.choice(others)
    places = _values(data), _values(other)
    if not all(places):
        return data
    (start, end), (first, last) = (rng.choice(found) for found in places)
    data[start:end] = other[first:last]
    return data


def swap_digits(data: bytearray, rng: Random, _: Sequence[bytes]) -> bytearray:
    digits = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    for at in rng.sample(digits, min(len(digits), 5)):
        data[at] = rng.choice(b"0123456789-.eE+")
    return data


def put_integer(data: bytearray, rng: Random, _: Sequence[bytes]) -> bytearray:
    """Write a number of one to eight bytes over what stands there, as files hold them."""
    size = rng.choice((1, 2, 4, 8))
    at = rng.randrange(len(data))
    value = rng.choice(_INTEGERS) + rng.randint(-1, 1)
    data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    return data


def repeat(data: bytearray, rng: Random, _: Sequence[bytes]) -> bytearray:
    start = rng.randrange(len(data))
    part = data[start : start + rng.randint(1, 200)]
    data[start:start] = part * rng.randint(1, 50)
    return data


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    cut,
    remove,
    splice,
    swap_value,
    swap_value,
    borrow_value,
    borrow_value,
    swap_digits,
    put_integer,
    repeat,
)


def _values(data: bytes | bytearray) -> list[tuple[int, int]]:
    """Where values stand: from and to."""
    return [found.span(1) for found in _VALUE.finditer(data)]


def mutate(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """*data*, damaged in one to three ways, at most `MOST_BYTES` of it."""
    damaged = bytearray(data)
    for _ in range(rng.choice(_CHANGES)):
        if damaged:
            damaged = rng.choice(MUTATIONS)(damaged, rng, others)
    return bytes(damaged[:MOST_BYTES])
