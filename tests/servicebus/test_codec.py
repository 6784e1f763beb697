"""The codec against the AMQP 1.0 specification: known encodings, round trips, and refusal of garbage."""

from __future__ import annotations

import contextlib
import struct
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devhost.servicebus.codec import (
    MAX_COUNT,
    MAX_DEPTH,
    Array,
    CodecError,
    Described,
    Long,
    Symbol,
    Timestamp,
    Ubyte,
    Uint,
    Ulong,
    Ushort,
    decode,
    skip,
)
from devhost.servicebus.encoding import encode
from devhost.servicebus.errors import ServiceBusError
from devhost.servicebus.message import Message, sections

ascii_text = st.text(st.characters(min_codepoint=0, max_codepoint=127), max_size=300)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 2**8 - 1).map(Ubyte),
    st.integers(0, 2**16 - 1).map(Ushort),
    st.integers(0, 2**32 - 1).map(Uint),
    st.integers(0, 2**64 - 1).map(Ulong),
    st.integers(-(2**63), 2**63 - 1).map(Long),
    st.integers(-(2**63), 2**63 - 1).map(Timestamp),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=300),
    ascii_text.map(Symbol),
    st.binary(max_size=300),
    st.uuids(),
)
arrays = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1).map(Long), max_size=20),
    st.lists(st.uuids(), max_size=20),
    st.lists(ascii_text.map(Symbol), max_size=5),
).map(Array)
values = st.recursive(
    st.one_of(scalars, arrays),
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(st.text(max_size=5), inner, max_size=4),
        st.builds(Described, st.integers(0, 200).map(Ulong), inner),
    ),
    max_leaves=20,
)

# OASIS AMQP 1.0 Part 1 section 1.6: type and constructor of each form.
KNOWN: list[tuple[str, Any]] = [
    ("40", None),
    ("41", True),
    ("42", False),
    ("5601", True),
    ("5600", False),
    ("50ff", 255),
    ("60ffff", 65535),
    ("43", 0),
    ("5205", 5),
    ("70ffffffff", 2**32 - 1),
    ("44", 0),
    ("5307", 7),
    ("80ffffffffffffffff", 2**64 - 1),
    ("51ff", -1),
    ("61fffe", -2),
    ("54fd", -3),
    ("71fffffffc", -4),
    ("55fb", -5),
    ("81fffffffffffffffa", -6),
    ("723f800000", 1.0),
    ("823ff0000000000000", 1.0),
    ("7300000041", "A"),
    ("830000000000000001", 1),
    ("98" + "00" * 15 + "01", uuid.UUID(int=1)),
    ("a00201ff", b"\x01\xff"),
    ("b00000000201ff", b"\x01\xff"),
    ("a102c3a9", "é"),
    ("b100000002c3a9", "é"),
    ("a3026162", Symbol("ab")),
    ("45", []),
    ("c003024142", [True, False]),
    ("d0000000060000000241" + "42", [True, False]),
    ("c10602a1016b5201", {"k": 1}),
    ("e0040250" + "0102", [1, 2]),
    ("e0020041", []),
    ("005324" + "45", Described(0x24, [])),
]


@pytest.mark.parametrize(("octets", "value"), KNOWN)
def test_every_form_of_the_specification(octets: str, value: Any) -> None:
    data = bytes.fromhex(octets)
    assert decode(data) == (value, len(data))
    assert skip(data, 0) == len(data)


@given(values)
def test_what_is_encoded_decodes_to_the_same(value: Any) -> None:
    data = encode(value)
    found, end = decode(data + b"\x40")
    assert found == value
    assert end == len(data) == skip(data, 0)


@given(values, st.data())
def test_a_truncated_value_is_refused(value: Any, data: st.DataObject) -> None:
    octets = encode(value)
    cut = data.draw(st.integers(0, len(octets) - 1))
    with pytest.raises(CodecError):
        decode(octets[:cut])


@given(st.binary(max_size=200))
@settings(max_examples=400)
def test_garbage_is_decoded_or_refused_never_else(octets: bytes) -> None:
    for reader in (decode, skip):
        with contextlib.suppress(CodecError):
            reader(octets, 0)
    with contextlib.suppress(CodecError):
        sections(octets)
    with contextlib.suppress(ServiceBusError):
        Message(octets)


@given(values, st.integers(0, 10_000), st.integers(0, 255))
def test_a_flipped_byte_is_decoded_or_refused(value: Any, at: int, byte: int) -> None:
    octets = bytearray(encode(value))
    octets[at % len(octets)] = byte
    with contextlib.suppress(CodecError):
        decode(bytes(octets))


def test_a_small_frame_cannot_claim_a_huge_array() -> None:
    # 2**32-1 elements of the zero-width `true` in ten bytes.
    with pytest.raises(CodecError, match="elements"):
        decode(b"\xf0" + struct.pack(">II", 5, 2**32 - 1) + b"\x41")
    assert len(decode(b"\xf0" + struct.pack(">II", 5, MAX_COUNT) + b"\x41")[0]) == MAX_COUNT


def test_nesting_is_bounded() -> None:
    def nested(depth: int) -> Any:
        value: Any = None
        for _ in range(depth):
            value = [value]
        return value

    assert decode(encode(nested(MAX_DEPTH)))[0] == nested(MAX_DEPTH)
    with pytest.raises(CodecError, match="nested"):
        decode(encode(nested(MAX_DEPTH + 1)))
    for octets in (b"\x00" * 100_000, (b"\x00\x53\x10") * 50_000):
        with pytest.raises(CodecError):
            decode(octets)
        with pytest.raises(CodecError):
            skip(octets, 0)


@given(
    st.dictionaries(st.text(max_size=8), scalars, max_size=5),
    st.dictionaries(st.sampled_from(["DeadLetterReason", "other"]), st.text(max_size=20), min_size=1),
)
def test_added_properties_leave_the_other_bytes_alone(before: dict[str, Any], extra: dict[str, str]) -> None:
    properties = b"\x00\x53\x73" + encode(["id"])
    body = b"\x00\x53\x75" + encode(b"payload")
    message = Message(properties + b"\x00\x53\x74" + encode(before) + body)
    message.add_application_properties(extra)
    found = {code: message.body[value:end] for code, _start, value, end in sections(message.body)}
    assert list(found) == [0x73, 0x74, 0x75]
    assert decode(found[0x74])[0] == {**before, **extra}
    assert found[0x75] == encode(b"payload")
    for key, value in before.items():
        if key not in extra:
            assert encode(key) + encode(value) in found[0x74]
