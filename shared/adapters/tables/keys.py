"""Keys of rows. Ascending key order is list order, and a key can be computed from what a caller knows.

Keys may not hold `/ \\ # ?` or control characters and are at most 1 KiB, that is 512 UTF-16 units. Every key
begins with a letter, so that nothing takes it for a number.

Partitions are kept small, a few hundred rows where a scan writes thousands: Azure spreads load by partition,
and Azurite searches a partition row by row at every write (measured there: 0.2 ms a row in partitions of 100
rows, 4 ms in one of 12,000), but not smaller: a transaction writes one partition. Where rows are listed, the
partition ascends with the row key: one query over a range of partitions gives the rows in list order.
"""

from __future__ import annotations

import hashlib
import string
from typing import Final

from shared.domain.ids import id_time

MAX_KEY: Final = 440
"""Longest text of `ordered`: leaves room for a prefix and a part in the same key."""
MAX_PART: Final = 64
_TAIL_ALPHABET: Final = string.digits + string.ascii_lowercase
_PER_GROUP: Final = 4
"""First characters of a tail in one partition: the 16 hex digits of a fingerprint make four."""
_MIRROR: Final = str.maketrans(_TAIL_ALPHABET, _TAIL_ALPHABET[::-1])
_END: Final = "~"
_LAST_SECOND: Final = 999_999_999_999
_FORBIDDEN: Final = frozenset("/\\#?%")


def newest_first(identifier: str, prefix: str) -> str:
    """A key under which ids of one kind sort newest first, and within a second by descending tail.

    Raises:
        ValueError: not an identifier.
    """
    second = int(id_time(identifier).timestamp())
    tail = identifier.split("-", 3)[3] if identifier.count("-") > 2 else ""
    return f"{prefix}{_LAST_SECOND - second:012d}{tail.translate(_MIRROR)}{_END}"


def newest_first_partition(key: str) -> str:
    """Partition of a key of `newest_first`: its second and the quarter of the tails it falls in.

    Ascends with the key, so that reading partitions in order reads keys in order. See the module on size.
    """
    second, tail = key[:13], key[13:14]
    return second + (str(_TAIL_ALPHABET.index(tail) // _PER_GROUP) if tail in _TAIL_ALPHABET else tail)


def part(text: str) -> str:
    """`text` as a part of a key, unchanged.

    Raises:
        ValueError: it is empty, too long, or holds a character that keys may not have.
    """
    if not 0 < len(text) <= MAX_PART:
        raise ValueError(f"part of a storage key must have 1 to {MAX_PART} characters")
    if any(character in _FORBIDDEN or not " " <= character <= "~" for character in text):
        raise ValueError("part of a storage key has a character that keys may not have")
    return text


def _codes() -> dict[int, str]:
    """Order-preserving, prefix-free codes: a forbidden character becomes its neighbour below and a digit."""
    codes = {low: f" 0{low:02x}" for low in range(0x20)} | {0x20: " 1"}
    for below, forbidden in ('"#', "$%", "./", ">?", "[\\"):
        codes |= {ord(below): f"{below}0", ord(forbidden): f"{below}1"}
    return codes | {ord("~"): "~0"} | {high: f"~1{high:02x}" for high in range(0x7F, 0xA0)}


_CODES: Final = _codes()


def ordered(text: str) -> str:
    """Any text as a part of a key, sorting as the text does.

    A text too long for a key keeps its beginning and ends in a digest: equal beginnings of MAX_KEY - 34
    characters sort by digest, all others as the text.
    """
    coded = text.translate(_CODES)
    if len(coded) <= MAX_KEY:
        return coded
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{coded[: MAX_KEY - 34]}~~{digest}"
