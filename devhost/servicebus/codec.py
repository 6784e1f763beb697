"""AMQP 1.0 type system: bytes to Python values and back.

Source of every constructor byte: OASIS AMQP 1.0, Part 1 "Types", sections 1.2 and 1.6.

Decoding maps every integer type and `timestamp` (milliseconds since the epoch) to `int`, `symbol` to
`Symbol`, described values to `Described`, arrays to `list`, decimals to their raw `bytes`. Where the wire
type matters on the way out, the caller wraps the value (`Uint`, `Long`, ...); a plain `int` goes out as
`int` or `long` by size.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from typing import Any, Final

MAX_DEPTH: Final = 32
"""Deepest nesting of lists, maps, arrays and described values that is decoded."""

MAX_COUNT: Final = 65_536
"""Most elements of one list, map or array; arrays of zero-width elements could claim 2**32 in a few bytes."""


class CodecError(ValueError):
    """The bytes are not an AMQP 1.0 value, or the value exceeds `MAX_DEPTH` or `MAX_COUNT`."""


class Symbol(str):
    """AMQP `symbol`: an ASCII name."""

    __slots__ = ()


class Ubyte(int):
    """AMQP `ubyte`, 0..2**8-1."""


class Ushort(int):
    """AMQP `ushort`, 0..2**16-1."""


class Uint(int):
    """AMQP `uint`, 0..2**32-1."""


class Ulong(int):
    """AMQP `ulong`, 0..2**64-1."""


class Long(int):
    """AMQP `long`, -2**63..2**63-1."""


class Timestamp(int):
    """AMQP `timestamp`: milliseconds since 1970-01-01T00:00:00Z."""


class Encoded(bytes):
    """A value that is already encoded and goes out as it is."""


class Array(list[Any]):
    """AMQP array of `Long`, `Timestamp`, `Symbol` or `uuid.UUID`, all of one type."""


class Described:
    """A described value: `descriptor` (an int code or a Symbol) and the `value` it describes."""

    __slots__ = ("descriptor", "value")

    def __init__(self, descriptor: Any, value: Any) -> None:
        self.descriptor = descriptor
        self.value = value

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Described) and self.descriptor == other.descriptor and self.value == other.value
        )

    def __hash__(self) -> int:
        return hash(self.descriptor)

    def __repr__(self) -> str:
        return f"Described({self.descriptor!r}, {self.value!r})"


_U16: Final = struct.Struct(">H")
_U32: Final = struct.Struct(">I")
_U64: Final = struct.Struct(">Q")
_I16: Final = struct.Struct(">h")
_I32: Final = struct.Struct(">i")
_I64: Final = struct.Struct(">q")
_F32: Final = struct.Struct(">f")
_F64: Final = struct.Struct(">d")
_PAIR32: Final = struct.Struct(">II")

_Decoder = Callable[[bytes, int, int], tuple[Any, int]]


# ------------------------------------------------------------------------------------------------ decoding


def decode(data: bytes, position: int = 0) -> tuple[Any, int]:
    """Decode the value at `position`; return it and the position after it.

    Raises:
        CodecError: unknown constructor, truncated or contradictory lengths, bad text, too deep, too many.
    """
    try:
        return _decode(data, position, 0)
    except CodecError:
        raise
    except (IndexError, struct.error, UnicodeDecodeError, TypeError, ValueError, OverflowError) as error:
        raise CodecError(f"malformed value at byte {position}: {error}") from error


def skip(data: bytes, position: int) -> int:
    """The position after the value at `position`, without decoding it.

    Raises:
        CodecError: as `decode`, for what can be seen from the outermost constructor.
    """
    try:
        for _ in range(MAX_DEPTH):
            code = data[position]
            if code:
                break
            position = skip(data, position + 1) if data[position + 1] else _nested_descriptor(position)
        else:
            raise CodecError(f"descriptors nested deeper than {MAX_DEPTH}")
        kind = code >> 4
        if kind <= 0x9:
            if code not in _DECODERS:
                raise CodecError(f"unknown constructor 0x{code:02x}")
            end = position + 1 + _FIXED_WIDTH[kind]
        elif kind in (0xA, 0xC, 0xE):
            end = position + 2 + data[position + 1]
        else:
            end = position + 5 + _U32.unpack_from(data, position + 1)[0]
    except (IndexError, struct.error) as error:
        raise CodecError(f"truncated value at byte {position}") from error
    if end > len(data):
        raise CodecError(f"value at byte {position} runs past the end")
    return end


def _nested_descriptor(position: int) -> int:
    raise CodecError(f"descriptor at byte {position} is itself described")


def _decode(data: bytes, position: int, depth: int) -> tuple[Any, int]:
    code = data[position]
    decoder = _DECODERS.get(code)
    if decoder is None:
        raise CodecError(f"unknown constructor 0x{code:02x} at byte {position}")
    return decoder(data, position + 1, depth)


def _constant(value: Any) -> _Decoder:
    return lambda _data, position, _depth: (value, position)


def _empty_list(_data: bytes, position: int, _depth: int) -> tuple[Any, int]:
    return [], position


def _fixed(layout: struct.Struct) -> _Decoder:
    unpack, size = layout.unpack_from, layout.size
    return lambda data, position, _depth: (unpack(data, position)[0], position + size)


def _unsigned_byte(data: bytes, position: int, _depth: int) -> tuple[Any, int]:
    return data[position], position + 1


def _signed_byte(data: bytes, position: int, _depth: int) -> tuple[Any, int]:
    value = data[position]
    return (value - 256 if value > 127 else value), position + 1


def _boolean(data: bytes, position: int, _depth: int) -> tuple[Any, int]:
    value = data[position]
    if value > 1:
        raise CodecError(f"boolean byte 0x{value:02x}")
    return value == 1, position + 1


def _char(data: bytes, position: int, _depth: int) -> tuple[Any, int]:
    return chr(_U32.unpack_from(data, position)[0]), position + 4


def _uuid(data: bytes, position: int, _depth: int) -> tuple[Any, int]:
    return uuid.UUID(bytes=bytes(_take(data, position, 16))), position + 16


def _raw(width: int) -> _Decoder:
    return lambda data, position, _depth: (_take(data, position, width), position + width)


def _take(data: bytes, position: int, size: int) -> bytes:
    end = position + size
    if end > len(data):
        raise CodecError(f"value at byte {position} runs past the end")
    return data[position:end]


def _variable(wide: bool, convert: Callable[[bytes], Any]) -> _Decoder:
    def short(data: bytes, position: int, _depth: int) -> tuple[Any, int]:
        size = data[position]
        return convert(_take(data, position + 1, size)), position + 1 + size

    def long(data: bytes, position: int, _depth: int) -> tuple[Any, int]:
        size = _U32.unpack_from(data, position)[0]
        return convert(_take(data, position + 4, size)), position + 4 + size

    return long if wide else short


def _text(octets: bytes) -> str:
    return octets.decode("utf-8")


def _symbol(octets: bytes) -> Symbol:
    return Symbol(octets.decode("ascii"))


def _bounds(data: bytes, position: int, depth: int, wide: bool) -> tuple[int, int, int]:
    """(count, first element, end) of a compound value."""
    if depth >= MAX_DEPTH:
        raise CodecError(f"nested deeper than {MAX_DEPTH}")
    if wide:
        size, count = _PAIR32.unpack_from(data, position)
        start, end = position + 8, position + 4 + size
    else:
        size, count = data[position], data[position + 1]
        start, end = position + 2, position + 1 + size
    if end > len(data) or start > end:
        raise CodecError(f"compound value at byte {position} runs past the end")
    if count > MAX_COUNT:
        raise CodecError(f"{count} elements, at most {MAX_COUNT} are accepted")
    return count, start, end


def _list(wide: bool) -> _Decoder:
    def read(data: bytes, position: int, depth: int) -> tuple[Any, int]:
        count, at, end = _bounds(data, position, depth, wide)
        items = []
        for _ in range(count):
            item, at = _decode(data, at, depth + 1)
            items.append(item)
        if at != end:
            raise CodecError(f"list at byte {position} does not fill its size")
        return items, end

    return read


def _map(wide: bool) -> _Decoder:
    as_list = _list(wide)

    def read(data: bytes, position: int, depth: int) -> tuple[Any, int]:
        items, end = as_list(data, position, depth)
        if len(items) % 2:
            raise CodecError(f"map at byte {position} has a key without a value")
        return dict(zip(items[::2], items[1::2], strict=True)), end

    return read


def _array(wide: bool) -> _Decoder:
    def read(data: bytes, position: int, depth: int) -> tuple[Any, int]:
        count, at, end = _bounds(data, position, depth, wide)
        if not count:
            return [], end
        code = data[at]
        descriptor: Any = None
        described = code == 0
        if described:
            descriptor, at = _decode(data, at + 1, depth + 1)
            code = data[at]
        decoder = _DECODERS.get(code)
        if decoder is None or code == 0:
            raise CodecError(f"unknown array constructor 0x{code:02x} at byte {at}")
        at += 1
        items: list[Any] = []
        for _ in range(count):
            item, at = decoder(data, at, depth + 1)
            items.append(Described(descriptor, item) if described else item)
        if at != end:
            raise CodecError(f"array at byte {position} does not fill its size")
        return items, end

    return read


def _described(data: bytes, position: int, depth: int) -> tuple[Any, int]:
    if depth >= MAX_DEPTH:
        raise CodecError(f"nested deeper than {MAX_DEPTH}")
    if data[position] == 0:
        raise CodecError(f"descriptor at byte {position} is itself described")
    descriptor, position = _decode(data, position, depth + 1)
    value, position = _decode(data, position, depth + 1)
    return Described(descriptor, value), position


_FIXED_WIDTH: Final = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}

_DECODERS: Final[dict[int, _Decoder]] = {
    0x00: _described,
    0x40: _constant(None),
    0x41: _constant(True),
    0x42: _constant(False),
    0x43: _constant(0),
    0x44: _constant(0),
    0x45: _empty_list,
    0x50: _unsigned_byte,
    0x51: _signed_byte,
    0x52: _unsigned_byte,
    0x53: _unsigned_byte,
    0x54: _signed_byte,
    0x55: _signed_byte,
    0x56: _boolean,
    0x60: _fixed(_U16),
    0x61: _fixed(_I16),
    0x70: _fixed(_U32),
    0x71: _fixed(_I32),
    0x72: _fixed(_F32),
    0x73: _char,
    0x74: _raw(4),
    0x80: _fixed(_U64),
    0x81: _fixed(_I64),
    0x82: _fixed(_F64),
    0x83: _fixed(_I64),
    0x84: _raw(8),
    0x94: _raw(16),
    0x98: _uuid,
    0xA0: _variable(False, bytes),
    0xA1: _variable(False, _text),
    0xA3: _variable(False, _symbol),
    0xB0: _variable(True, bytes),
    0xB1: _variable(True, _text),
    0xB3: _variable(True, _symbol),
    0xC0: _list(False),
    0xC1: _map(False),
    0xD0: _list(True),
    0xD1: _map(True),
    0xE0: _array(False),
    0xF0: _array(True),
}
