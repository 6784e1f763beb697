"""AMQP 1.0 frames: descriptor codes, the frame header, and how performatives are built and read.

Source: OASIS AMQP 1.0 Part 2 sections 2.3 (framing) and 2.7 (performatives), Part 5 section 5.3 (SASL).
"""

from __future__ import annotations

import struct
from typing import Any, Final

from devhost.servicebus.codec import CodecError, Described, Symbol, Ulong, decode
from devhost.servicebus.encoding import encode
from devhost.servicebus.errors import DECODE_ERROR, FRAMING_ERROR, ProtocolError

AMQP_HEADER: Final = b"AMQP\x00\x01\x00\x00"
SASL_HEADER: Final = b"AMQP\x03\x01\x00\x00"

TYPE_AMQP: Final = 0
TYPE_SASL: Final = 1

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
SASL_MECHANISMS, SASL_INIT, SASL_CHALLENGE, SASL_RESPONSE, SASL_OUTCOME = range(0x40, 0x45)

ERROR: Final = 0x1D
RECEIVED, ACCEPTED, REJECTED, RELEASED, MODIFIED = range(0x23, 0x28)
SOURCE, TARGET = 0x28, 0x29

ROLE_SENDER: Final = False
ROLE_RECEIVER: Final = True

EMPTY_FRAME: Final = b"\x00\x00\x00\x08\x02\x00\x00\x00"
"""Heartbeat: a frame with no body (section 2.4.5)."""

BATCH_FORMAT: Final = 0x80013700
"""`message-format` of a Service Bus batch: each data section holds one encoded message."""

_HEADER: Final = struct.Struct(">IBBH")
HEADER_SIZE: Final = _HEADER.size


def frame(channel: int, body: bytes, kind: int = TYPE_AMQP) -> bytes:
    """One frame around an encoded performative (and, for a transfer, its payload)."""
    return _HEADER.pack(len(body) + HEADER_SIZE, 2, kind, channel) + body


def performative(code: int, fields: list[Any]) -> bytes:
    """The encoding of a performative; trailing fields may be left out."""
    return b"\x00\x53" + bytes((code,)) + encode(fields)


def error(condition: str, description: str) -> Described:
    """The `error` composite of detach, end, close and rejected."""
    # The empty info map is there because azure-servicebus 7.15 hangs on a rejected message without one.
    return Described(Ulong(ERROR), [Symbol(condition), description[:1024], {}])


def outcome(code: int, fields: list[Any] | None = None) -> Described:
    """A delivery state, for example `outcome(ACCEPTED)`."""
    return Described(Ulong(code), fields or [])


class Fields:
    """The fields of a received performative or composite; absent trailing fields read as None."""

    __slots__ = ("_items", "_name")

    def __init__(self, name: str, items: Any) -> None:
        if not isinstance(items, list):
            raise ProtocolError(DECODE_ERROR, f"{name}: a list of fields was expected")
        self._items = items
        self._name = name

    def value(self, index: int) -> Any:
        """The field as decoded."""
        return self._items[index] if index < len(self._items) else None

    def number(self, index: int, default: int | None = None) -> int:
        """An unsigned integer of at most 32 bits.

        Raises:
            ProtocolError: missing without a default, or of another type.
        """
        found = self.value(index)
        if found is None:
            found = default
        if type(found) is not int or not 0 <= found <= 0xFFFFFFFF:
            raise ProtocolError(DECODE_ERROR, f"{self._name}: field {index} must be an unsigned integer")
        return found

    def optional_number(self, index: int) -> int | None:
        """As `number`, or None where the field is absent."""
        return None if self.value(index) is None else self.number(index)

    def flag(self, index: int) -> bool:
        """A boolean; absent reads as False.

        Raises:
            ProtocolError: of another type.
        """
        found = self.value(index)
        if found is None:
            return False
        if not isinstance(found, bool):
            raise ProtocolError(DECODE_ERROR, f"{self._name}: field {index} must be a boolean")
        return found

    def text(self, index: int) -> str:
        """A string or symbol.

        Raises:
            ProtocolError: missing or of another type.
        """
        found = self.value(index)
        if not isinstance(found, str):
            raise ProtocolError(DECODE_ERROR, f"{self._name}: field {index} must be a string")
        return found

    def table(self, index: int) -> dict[Any, Any]:
        """A map; absent reads as empty.

        Raises:
            ProtocolError: of another type.
        """
        found = self.value(index)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise ProtocolError(DECODE_ERROR, f"{self._name}: field {index} must be a map")
        return found


class FrameReader:
    """Cuts the byte stream into frames without ever holding more than one frame beyond what was fed."""

    def __init__(self, max_frame_size: int) -> None:
        self._buffer = bytearray()
        self._max_frame_size = max_frame_size

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    def header(self) -> bytes | None:
        """The eight bytes of a protocol header, or None while fewer have come."""
        if len(self._buffer) < 8:
            return None
        taken = bytes(self._buffer[:8])
        del self._buffer[:8]
        return taken

    def next(self) -> tuple[int, int, bytes] | None:
        """The next frame as (type, channel, body), or None while it is incomplete.

        Raises:
            ProtocolError: the size or the data offset is impossible, or the frame is over the limit.
        """
        if len(self._buffer) < HEADER_SIZE:
            return None
        size, offset, kind, channel = _HEADER.unpack_from(self._buffer)
        if size < HEADER_SIZE or offset < 2 or offset * 4 > size:
            raise ProtocolError(FRAMING_ERROR, f"frame size {size} with data offset {offset}")
        if size > self._max_frame_size:
            raise ProtocolError(FRAMING_ERROR, f"frame of {size} bytes; at most {self._max_frame_size}")
        if kind not in (TYPE_AMQP, TYPE_SASL):
            raise ProtocolError(FRAMING_ERROR, f"unknown frame type {kind}")
        if len(self._buffer) < size:
            return None
        body = bytes(self._buffer[offset * 4 : size])
        del self._buffer[:size]
        return kind, channel, body


def parse(body: bytes) -> tuple[int, list[Any], bytes]:
    """(descriptor code, fields, payload) of a frame body.

    Raises:
        ProtocolError: `amqp:decode-error` when the body does not start with a described list.
    """
    try:
        found, end = decode(body)
    except CodecError as problem:
        raise ProtocolError(DECODE_ERROR, str(problem)) from problem
    if not isinstance(found, Described) or type(found.descriptor) is not int:
        raise ProtocolError(DECODE_ERROR, "a frame body must be a performative with a numeric descriptor")
    if not isinstance(found.value, list):
        raise ProtocolError(DECODE_ERROR, f"performative 0x{found.descriptor:02x} must be a list")
    return found.descriptor, found.value, body[end:]
