"""A message as the broker holds it: the sender's bytes kept as they came, plus what the broker knows.

Sections (OASIS AMQP 1.0 Part 3 section 3.2) are located without decoding their values; only the few fields
that the broker acts on are read. Application properties and annotations are spliced as bytes, so no value
loses its type.
"""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any, Final

from devhost.servicebus.codec import CodecError, Encoded, Long, Symbol, Timestamp, Ubyte, Uint, decode, skip
from devhost.servicebus.encoding import encode, encode_list, encode_map
from devhost.servicebus.errors import ARGUMENT_ERROR, DECODE_ERROR, ServiceBusError

HEADER, DELIVERY_ANNOTATIONS, MESSAGE_ANNOTATIONS, PROPERTIES, APPLICATION_PROPERTIES = range(0x70, 0x75)
DATA, SEQUENCE, VALUE, FOOTER = range(0x75, 0x79)

MAX_ID_LENGTH: Final = 128
"""Longest message id and session id in characters (Service Bus quotas)."""

_SCHEDULED: Final = "x-opt-scheduled-enqueue-time"
_BROKER_ANNOTATIONS: Final = frozenset(
    (
        "x-opt-sequence-number",
        "x-opt-enqueued-time",
        "x-opt-locked-until",
        "x-opt-deadletter-source",
        "x-opt-message-state",
    )
)
_PEEK_STATES: Final = {"deferred": 1, "scheduled": 2}


class State(StrEnum):
    """Where a message stands. The two locked states live in memory only: a restart makes them available."""

    ACTIVE = "active"
    SCHEDULED = "scheduled"
    DEFERRED = "deferred"
    LOCKED = "locked"
    LOCKED_DEFERRED = "locked-deferred"
    GONE = "gone"


class Message:
    """One message in one queue. Times are seconds since the epoch; 0 or None where they do not apply."""

    __slots__ = (
        "_annotation_pairs",
        "_annotations",
        "_header",
        "body",
        "consumer",
        "dead_letter_source",
        "delivery_count",
        "enqueued_at",
        "expires_at",
        "locked_until",
        "message_id",
        "raw_size",
        "scheduled_at",
        "sequence",
        "session_id",
        "state",
        "time_to_live",
        "token",
    )

    def __init__(self, raw: bytes) -> None:
        """Read an encoded message.

        Raises:
            ServiceBusError: malformed sections, or an id longer than `MAX_ID_LENGTH`.
        """
        self.sequence = 0
        self.state = State.ACTIVE
        self.delivery_count = 0
        self.enqueued_at = 0.0
        self.expires_at: float | None = None
        self.scheduled_at: float | None = None
        self.locked_until = 0.0
        self.token: uuid.UUID | None = None
        self.consumer: object | None = None
        self.dead_letter_source: str | None = None
        self.time_to_live: float | None = None
        self.message_id: str | None = None
        self.session_id: str | None = None
        self.raw_size = len(raw)
        self._header: tuple[bytes, bytes, bytes, bytes] = (b"\x40", b"\x40", b"\x40", b"\x40")
        self._annotations = b""
        self._annotation_pairs = 0
        try:
            self.body = self._read(raw)
        except CodecError as problem:
            raise ServiceBusError(DECODE_ERROR, f"The message cannot be read: {problem}") from problem

    def _read(self, raw: bytes) -> bytes:
        kept = []
        if not raw:
            raise CodecError("it has no sections")
        for code, start, value, end in sections(raw):
            if code == HEADER:
                self._read_header(raw, value)
            elif code == MESSAGE_ANNOTATIONS:
                self._read_annotations(raw, value)
            elif code != DELIVERY_ANNOTATIONS:
                if code == PROPERTIES:
                    self._read_properties(decode(raw, value)[0])
                kept.append(raw[start:end])
        return b"".join(kept)

    def _read_header(self, raw: bytes, value: int) -> None:
        fields = _list_of(decode(raw, value)[0], "header")
        padded: list[Any] = [*fields[:4], None, None, None, None]
        durable, priority, ttl, first = padded[:4]
        if ttl is not None:
            self.time_to_live = _integer(ttl, "header: ttl") / 1000
        self._header = (
            encode(None if durable is None else bool(durable)),
            encode(None if priority is None else Ubyte(_integer(priority, "header: priority") & 0xFF)),
            encode(None if ttl is None else Uint(ttl & 0xFFFFFFFF)),
            encode(None if first is None else bool(first)),
        )

    def _read_annotations(self, raw: bytes, value: int) -> None:
        kept = []
        for key, start, at, end in map_entries(raw, value):
            if key in _BROKER_ANNOTATIONS:
                continue
            if key == _SCHEDULED:
                due = decode(raw, at)[0]
                self.scheduled_at = None if due is None else _integer(due, _SCHEDULED) / 1000
            kept.append(raw[start:end])
        self._annotations = b"".join(kept)
        self._annotation_pairs = len(kept)

    def _read_properties(self, decoded: Any) -> None:
        fields = _list_of(decoded, "properties")
        if fields and fields[0] is not None:
            self.message_id = _identifier("message-id", fields[0])
        if len(fields) > 10 and fields[10] is not None:
            self.session_id = _identifier("group-id", fields[10])

    def wire(self, peek: bool = False) -> bytes:
        """The message as it is delivered; `peek` adds the state annotation that peeked messages carry."""
        extra = [
            _SEQUENCE_KEY,
            encode(Long(self.sequence)),
            _ENQUEUED_KEY,
            encode(Timestamp(int(self.enqueued_at * 1000))),
        ]
        if self.locked_until:
            extra += (_LOCKED_KEY, encode(Timestamp(int(self.locked_until * 1000))))
        if self.dead_letter_source is not None:
            extra += (_SOURCE_KEY, encode(self.dead_letter_source))
        if peek:
            extra += (_STATE_KEY, encode(_PEEK_STATES.get(self.state, 0)))
        return b"".join(
            (
                b"\x00\x53\x70",
                encode_list((*self._header, encode(Uint(self.delivery_count)))),
                b"\x00\x53\x72",
                encode_map(self._annotations + b"".join(extra), self._annotation_pairs + len(extra) // 2),
                self.body,
            )
        )

    def stored(self) -> bytes:
        """The encoding to keep: what the sender sent, without anything the broker adds on delivery."""
        annotations = b""
        if self._annotation_pairs:
            annotations = b"\x00\x53\x72" + encode_map(self._annotations, self._annotation_pairs)
        return b"\x00\x53\x70" + encode_list(self._header) + annotations + self.body

    def add_application_properties(self, extra: dict[str, str]) -> None:
        """Set string properties, replacing those of the same name; all others keep their bytes."""
        entries: list[bytes] = []
        before: list[bytes] = []
        after: list[bytes] = []
        pairs = 0
        for code, start, value, end in sections(self.body):
            if code == APPLICATION_PROPERTIES:
                for key, first, _at, last in map_entries(self.body, value):
                    if key not in extra:
                        entries.append(self.body[first:last])
                        pairs += 1
            else:
                (before if code < APPLICATION_PROPERTIES else after).append(self.body[start:end])
        for name, text in extra.items():
            entries.append(encode(name) + encode(text))
            pairs += 1
        self.body = b"".join((*before, b"\x00\x53\x74", encode_map(b"".join(entries), pairs), *after))
        self.raw_size = len(self.body) + len(self._annotations)


_SEQUENCE_KEY: Final = encode(Symbol("x-opt-sequence-number"))
_ENQUEUED_KEY: Final = encode(Symbol("x-opt-enqueued-time"))
_LOCKED_KEY: Final = encode(Symbol("x-opt-locked-until"))
_SOURCE_KEY: Final = encode(Symbol("x-opt-deadletter-source"))
_STATE_KEY: Final = encode(Symbol("x-opt-message-state"))


def sections(raw: bytes) -> list[tuple[int, int, int, int]]:
    """(section code, start, start of the value, end) of each section, in order.

    Raises:
        CodecError: the bytes are not a sequence of message sections.
    """
    position, found, size = 0, [], len(raw)
    while position < size:
        if raw[position]:
            raise CodecError(f"no message section at byte {position}")
        code, value = decode(raw, position + 1)
        if type(code) is not int or not HEADER <= code <= FOOTER:
            raise CodecError(f"unknown message section {code!r}")
        end = skip(raw, value)
        found.append((code, position, value, end))
        position = end
    return found


def map_entries(raw: bytes, position: int) -> list[tuple[Any, int, int, int]]:
    """(key, start, start of the value, end) of each entry of the map at `position`; null counts as empty.

    Raises:
        CodecError: not a map, or its size and count contradict each other.
    """
    code = raw[position] if position < len(raw) else None
    if code == 0x40:
        return []
    if code == 0xC1 and position + 3 <= len(raw):
        count, at = raw[position + 2], position + 3
    elif code == 0xD1 and position + 9 <= len(raw):
        count, at = int.from_bytes(raw[position + 5 : position + 9]), position + 9
    else:
        raise CodecError(f"a map was expected at byte {position}")
    limit = skip(raw, position)
    found = []
    for _ in range(count // 2):
        key, value = decode(raw, at)
        if not isinstance(key, str):
            raise CodecError("map keys must be strings or symbols")
        end = skip(raw, value)
        found.append((key, at, value, end))
        at = end
    if at != limit or count % 2:
        raise CodecError(f"map at byte {position} does not fill its size")
    return found


def first_property(raw: bytes, value: int) -> Encoded:
    """The encoded first field (`message-id`) of the properties list at `value`, to be echoed as it is."""
    code = raw[value] if value < len(raw) else None
    start = {0xC0: value + 3, 0xD0: value + 9}.get(code or 0)
    if start is None:
        return Encoded(b"\x40")
    return Encoded(raw[start : skip(raw, start)])


def _identifier(name: str, value: Any) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    if len(text) > MAX_ID_LENGTH:
        raise ServiceBusError(ARGUMENT_ERROR, f"{name} is longer than {MAX_ID_LENGTH} characters.")
    return text


def _list_of(decoded: Any, name: str) -> list[Any]:
    if not isinstance(decoded, list):
        raise CodecError(f"{name} must be a list")
    return decoded


def _integer(value: Any, name: str) -> int:
    if type(value) is not int or value < 0:
        raise CodecError(f"{name} must be a non-negative integer")
    return value
