"""AMQP 1.0 encoding of the values that `codec` decodes; every value goes out in its shortest form."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from devhost.servicebus.codec import (
    Array,
    Described,
    Encoded,
    Long,
    Symbol,
    Timestamp,
    Ubyte,
    Uint,
    Ulong,
    Ushort,
)

_pack = struct.pack


def encode(value: Any) -> bytes:
    """The AMQP encoding of `value`.

    Raises:
        TypeError: no AMQP type stands for the value's Python type.
        struct.error: an integer does not fit the type it is wrapped in.
    """
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise TypeError(f"no AMQP type for {type(value).__name__}")
    return encoder(value)


def encode_map(entries: bytes, pairs: int) -> bytes:
    """A map from `pairs` key-value pairs whose encodings are concatenated in `entries`."""
    return _compound(0xC1, 0xD1, entries, 2 * pairs)


def encode_list(items: Iterable[bytes]) -> bytes:
    """A list of values that are already encoded."""
    encoded = list(items)
    return _compound(0xC0, 0xD0, b"".join(encoded), len(encoded)) if encoded else b"\x45"


def _compound(short: int, wide: int, body: bytes, count: int) -> bytes:
    if len(body) < 255 and count < 256:
        return bytes((short, len(body) + 1, count)) + body
    return _pack(">BII", wide, len(body) + 4, count) + body


def _variable(short: int, wide: int, octets: bytes) -> bytes:
    size = len(octets)
    return bytes((short, size)) + octets if size < 256 else _pack(">BI", wide, size) + octets


def _unsigned(zero: bytes, short: int, wide: str, code: int) -> Callable[[int], bytes]:
    def write(value: int) -> bytes:
        if value == 0:
            return zero
        return bytes((short, value)) if 0 < value < 256 else _pack(wide, code, value)

    return write


def _plain_int(value: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return b"\x71" + _pack(">i", value)
    return b"\x81" + _pack(">q", value)


def _array(items: Array) -> bytes:
    """Arrays name their element constructor once; an empty one still needs one (section 1.6.24)."""
    if not items:
        return b"\xe0\x02\x00\x40"
    kind = type(items[0])
    if any(type(item) is not kind for item in items):
        raise TypeError("the elements of an array are of one type")
    if kind is Symbol:
        body = b"\xb3" + b"".join(_pack(">I", len(item)) + item.encode("ascii") for item in items)
    elif kind is str:
        texts = [item.encode("utf-8") for item in items]
        body = b"\xb1" + b"".join(_pack(">I", len(text)) + text for text in texts)
    elif kind is uuid.UUID:
        body = b"\x98" + b"".join(item.bytes for item in items)
    elif kind in (Long, Timestamp):
        body = (b"\x81" if kind is Long else b"\x83") + _pack(f">{len(items)}q", *items)
    else:
        raise TypeError(f"no AMQP array of {kind.__name__}")
    return _pack(">BII", 0xF0, len(body) + 4, len(items)) + body


def _map(value: Mapping[Any, Any]) -> bytes:
    return encode_map(b"".join(encode(k) + encode(v) for k, v in value.items()), len(value))


def _list(value: Iterable[Any]) -> bytes:
    return encode_list(map(encode, value))


_ENCODERS: Final[dict[type, Callable[[Any], bytes]]] = {
    type(None): lambda _value: b"\x40",
    bool: lambda value: b"\x41" if value else b"\x42",
    Encoded: bytes,
    Symbol: lambda value: _variable(0xA3, 0xB3, value.encode("ascii")),
    str: lambda value: _variable(0xA1, 0xB1, value.encode("utf-8")),
    bytes: lambda value: _variable(0xA0, 0xB0, value),
    Ubyte: lambda value: _pack(">BB", 0x50, value),
    Ushort: lambda value: _pack(">BH", 0x60, value),
    Uint: _unsigned(b"\x43", 0x52, ">BI", 0x70),
    Ulong: _unsigned(b"\x44", 0x53, ">BQ", 0x80),
    Long: lambda value: _pack(">Bq", 0x81, value),
    Timestamp: lambda value: _pack(">Bq", 0x83, value),
    int: _plain_int,
    float: lambda value: _pack(">Bd", 0x82, value),
    uuid.UUID: lambda value: b"\x98" + value.bytes,
    Described: lambda value: b"\x00" + encode(value.descriptor) + encode(value.value),
    Array: _array,
    dict: _map,
    list: _list,
    tuple: _list,
}
