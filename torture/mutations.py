"""Ways in which a file is damaged."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator

Mutation = Callable[[bytearray, random.Random], None]

# Replacements of sizes and offsets: small, too large, and with a sign bit.
_NUMBERS = (0, 1, 255, 2**31 - 1, 2**31, 2**32 - 1, 2**60, 2**63, 2**64 - 1)


def flip_bit(content: bytearray, rng: random.Random) -> None:
    """Flip one bit."""
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def flip_bits(content: bytearray, rng: random.Random) -> None:
    """Flip up to sixteen bits."""
    for _ in range(rng.randint(2, 16)):
        flip_bit(content, rng)


def replace_byte(content: bytearray, rng: random.Random) -> None:
    """Replace a byte by a random one."""
    content[rng.randrange(len(content))] = rng.randrange(256)


def insert_bytes(content: bytearray, rng: random.Random) -> None:
    """Insert up to sixteen random bytes."""
    start = rng.randint(0, len(content))
    content[start:start] = rng.randbytes(rng.randint(1, 16))


def delete_bytes(content: bytearray, rng: random.Random) -> None:
    """Delete up to sixteen bytes."""
    start = rng.randrange(len(content))
    del content[start : start + rng.randint(1, 16)]


def repeat_bytes(content: bytearray, rng: random.Random) -> None:
    """Repeat a part of the file."""
    start = rng.randrange(len(content))
    content[start:start] = content[start : start + rng.randint(1, 64)]


def move_bytes(content: bytearray, rng: random.Random) -> None:
    """Copy a part of the file over another part."""
    source, target = rng.randrange(len(content)), rng.randrange(len(content))
    part = content[source : source + rng.randint(1, 64)]
    content[target : target + len(part)] = part


def put_number(content: bytearray, rng: random.Random) -> None:
    """Overwrite four or eight bytes with a number that is not a valid size."""
    form = rng.choice(("<I", ">I", "<Q", ">Q"))
    number = rng.choice(_NUMBERS) % (1 << 8 * struct.calcsize(form))
    start = rng.randrange(len(content))
    content[start : start + struct.calcsize(form)] = struct.pack(form, number)


def put_digits(content: bytearray, rng: random.Random) -> None:
    """Overwrite bytes with the digits of a large number."""
    start = rng.randrange(len(content))
    digits = str(rng.choice(_NUMBERS)).encode()
    content[start : start + rng.randint(1, len(digits))] = digits


def extend(content: bytearray, rng: random.Random) -> None:
    """Append zeros, random bytes, or the beginning of the file."""
    n = rng.randint(1, 256)
    content += rng.choice((bytes(n), rng.randbytes(n), bytes(content[:n])))


def cut(content: bytearray, rng: random.Random) -> None:
    """Truncate the file."""
    del content[rng.randrange(len(content)) :]


MUTATIONS: tuple[Mutation, ...] = (
    flip_bit,
    flip_bit,
    flip_bits,
    replace_byte,
    insert_bytes,
    delete_bytes,
    repeat_bytes,
    move_bytes,
    put_number,
    put_digits,
    extend,
    cut,
)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return the content damaged in a random way; it may be unchanged."""
    changed = bytearray(content)
    rng.choice(MUTATIONS)(changed, rng)
    return bytes(changed)


def truncated(content: bytes, header: int, n_random: int, rng: random.Random) -> Iterator[bytes]:
    """Yield the content truncated at every byte of its header, and at random later positions."""
    for length in range(min(header, len(content))):
        yield content[:length]
    for _ in range(n_random):
        yield content[: rng.randrange(len(content))]
