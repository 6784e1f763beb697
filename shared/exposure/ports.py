"""Port sets: reading the forms that Azure writes, and writing them back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from shared.exposure.intervals import Intervals, from_ranges, ranges

HIGHEST_PORT: Final = 65535
ALL_PORTS: Final[Intervals] = (0, HIGHEST_PORT + 1)
_LONGEST: Final = 400


@lru_cache(maxsize=16_384)
def parse_ports(texts: tuple[str, ...]) -> Intervals:
    """The ports that a list of port fields names: `*`, `any`, `n`, `n-m`, or such parts joined by commas.

    Raises:
        ValueError: a field has another form, or a number is above 65535.
    """
    return from_ranges(_range(part.strip()) for text in texts for part in _parts(text))


def _parts(text: str) -> list[str]:
    if len(text) > _LONGEST:
        raise ValueError(f"port field is longer than {_LONGEST} characters")
    return text.split(",")


def _range(text: str) -> tuple[int, int]:
    if text == "*" or text.lower() == "any":
        return 0, HIGHEST_PORT + 1
    low_text, dash, high_text = text.partition("-")
    low = _port(low_text.strip())
    high = _port(high_text.strip()) if dash else low
    if high < low:
        raise ValueError("port range ends before it starts")
    return low, high + 1


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) > HIGHEST_PORT:
        raise ValueError("not a port number between 0 and 65535")
    return int(text)


def write_ports(ports: Intervals) -> tuple[str, ...]:
    """`22`, `20-25`, or `*` for every port."""
    if ports == ALL_PORTS:
        return ("*",)
    return tuple(str(low) if high == low + 1 else f"{low}-{high - 1}" for low, high in ranges(ports))


def ports_of(*numbers: int, spans: Iterable[tuple[int, int]] = ()) -> Intervals:
    """The set of the ports given, and of the inclusive `spans`."""
    singles = ((number, number + 1) for number in numbers)
    return from_ranges([*singles, *((low, high + 1) for low, high in spans)])
