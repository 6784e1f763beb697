"""An estate file (JSONL, one ARM resource a line) as a compact, read-only index.

The lines stay in the file. The index keeps about 20 bytes a resource: rows are numbered in the order of their
lower-cased ids, so that every subscription, resource group and parent is one contiguous range of rows.
"""

import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from devhost.azure.arm_id import placement
from devhost.azure.graph_row import MALFORMED, flags_of, identity_in_text

MAX_LINE_BYTES: Final = 32 * 1024 * 1024
MAX_ROWS: Final = 2**32 - 1
MAX_TYPES: Final = 2**16 - 1
_SEPARATOR: Final = b"\x00"
_NUMBER_BYTES: Final = 4


class EstateError(Exception):
    """The estate file cannot be served: it is missing, too large in some dimension, or changed underneath."""


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """A resource group that some resource's id names."""

    subscription: str
    name: str
    location: str


@dataclass(frozen=True, slots=True)
class _Facts:
    resource_id: str
    resource_type: str
    location: str
    flags: int


@dataclass(slots=True)
class _Lines:
    """The lines in the order of the file while the index is made; a key is the id and the line's number."""

    keys: list[bytes] = field(default_factory=list)
    offsets: "array[int]" = field(default_factory=lambda: array("Q"))
    lengths: "array[int]" = field(default_factory=lambda: array("I"))
    kinds: "array[int]" = field(default_factory=lambda: array("H"))
    flags: "array[int]" = field(default_factory=lambda: array("H"))


def _facts_of(raw: bytes) -> _Facts | None:
    """What the index needs of one line; None when it does not tell which resource it is."""
    try:
        resource: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        identity = identity_in_text(raw)
        return None if identity is None else _Facts(*identity, "", MALFORMED)
    if not isinstance(resource, dict):
        return None
    resource_id, resource_type = resource.get("id"), resource.get("type")
    if not isinstance(resource_id, str) or not isinstance(resource_type, str):
        return None
    if not resource_id or not resource_type or not resource_id.isprintable():
        return None
    location = resource.get("location")
    return _Facts(
        resource_id, resource_type, location if isinstance(location, str) else "", flags_of(raw, resource)
    )


class EstateFile:
    """The rows of one estate file. Build it with :meth:`load`; close it when done.

    Rows are numbers from 0 to ``len(self) - 1`` in ascending order of the lower-cased id.
    """

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path = path
        self._stream = stream
        self._offsets = array("Q")
        self._lengths = array("I")
        self._type_numbers = array("H")
        self._flags = array("H")
        self._types: dict[str, int] = {}
        self._type_names: list[str] = []
        self._rows_by_type: list[array[int]] = []
        self._unplaced: list[tuple[int, int]] = []
        self.malformed = 0
        """Lines that are not a JSON object with an id and a type, wherever they are served."""
        self.duplicates = 0
        """Well-formed lines left out because a later line has the same id and type."""
        self.subscriptions: dict[str, str] = {}
        """Lower-cased subscription id -> as first written."""
        self.resource_groups: dict[tuple[str, str], ResourceGroup] = {}
        """(subscription, group), both lower-cased -> the group."""
        self.id_of: Callable[[int], str] = lru_cache(maxsize=8192)(self._read_id)
        """Lower-cased id of a row."""

    @classmethod
    def load(cls, path: Path) -> "EstateFile":
        """Index ``path`` in one streaming pass.

        Raises:
            EstateError: the file cannot be opened, or exceeds a limit.
        """
        try:
            stream = path.open("rb")
        except OSError as error:
            raise EstateError(f"estate file {path}: {error.strerror}") from error
        estate = cls(path, stream)
        try:
            estate._index()
        except BaseException:
            stream.close()
            raise
        return estate

    def close(self) -> None:
        """Release the file."""
        self._stream.close()

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def types(self) -> list[str]:
        """Lower-cased types that occur."""
        return list(self._type_names)

    @property
    def unplaced(self) -> int:
        """How many lines tell neither an id nor a type."""
        return len(self._unplaced)

    def unplaced_line(self, number: int) -> bytes:
        """The text of the ``number``-th line that tells neither an id nor a type."""
        return self._read(*self._unplaced[number])

    def raw(self, row: int) -> bytes:
        """The line of a row, without surrounding white space."""
        return self._read(self._offsets[row], self._lengths[row])

    def flags(self, row: int) -> int:
        """Flags of a row, see :mod:`devhost.azure.graph_row`."""
        return self._flags[row]

    def type_of(self, row: int) -> str:
        """Lower-cased type of a row."""
        return self._type_names[self._type_numbers[row]]

    def rows_of_type(self, resource_type: str, first: int = 0, end: int | None = None) -> "array[int]":
        """Ascending rows of a lower-cased type, limited to ``first <= row < end``."""
        number = self._types.get(resource_type)
        if number is None:
            return array("I")
        rows = self._rows_by_type[number]
        return rows[bisect_left(rows, first) : len(rows) if end is None else bisect_left(rows, end)]

    def prefix_range(self, prefix: str) -> tuple[int, int]:
        """``(first, end)`` of the rows whose lower-cased id begins with the lower-cased ``prefix``."""
        low = prefix.encode()
        return self._position(low), self._position(low + b"\xff")

    def id_range(self, key: str) -> tuple[int, int]:
        """``(first, end)`` of the rows with exactly this lower-cased id."""
        low = key.encode()
        return self._position(low), self._position(low + _SEPARATOR)

    def _position(self, key: bytes) -> int:
        return bisect_left(range(len(self)), key, key=lambda row: self.id_of(row).encode())

    def _read_id(self, row: int) -> str:
        facts = _facts_of(self.raw(row))
        if facts is None:
            raise EstateError(f"estate file {self.path} changed while it was served")
        return facts.resource_id.lower()

    def _read(self, offset: int, length: int) -> bytes:
        raw = os.pread(self._stream.fileno(), length, offset)
        if len(raw) != length:
            raise EstateError(f"estate file {self.path} became shorter while it was served")
        return raw

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        offset, number = 0, 0
        while line := self._stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise EstateError(
                    f"estate file {self.path}, line {number}: longer than {MAX_LINE_BYTES} bytes"
                )
            text = line.strip()
            if text:
                yield offset + line.index(text[:1]), text
            offset += len(line)

    def _index(self) -> None:
        lines = _Lines()
        for offset, text in self._lines():
            facts = _facts_of(text)
            if facts is None:
                self._unplaced.append((offset, len(text)))
                self.malformed += 1
                continue
            if len(lines.keys) >= MAX_ROWS:
                raise EstateError(f"estate file {self.path}: more than {MAX_ROWS} resources")
            key = facts.resource_id.lower().encode()
            lines.keys.append(key + _SEPARATOR + len(lines.keys).to_bytes(_NUMBER_BYTES, "big"))
            lines.offsets.append(offset)
            lines.lengths.append(len(text))
            lines.kinds.append(self._type_number(facts.resource_type.lower()))
            lines.flags.append(facts.flags)
            self.malformed += facts.flags & MALFORMED
        self._rows_by_type = [array("I") for _ in self._types]
        first_of_group = self._arrange(lines)
        del lines
        for row in first_of_group:
            self._note_place(row)

    def _arrange(self, lines: _Lines) -> "array[int]":
        """Number the rows in the order of their ids; gives the first row of each resource group."""
        lines.keys.sort()
        first_of_group = array("I")
        previous_id, previous_place = b"", ("", "")
        latest: dict[int, int] = {}
        for position, key in enumerate(lines.keys):
            lines.keys[position] = b""
            line, resource_id = int.from_bytes(key[-_NUMBER_BYTES:], "big"), key[: -_NUMBER_BYTES - 1]
            if resource_id != previous_id:
                previous_id, latest = resource_id, {}
            kind, flags = lines.kinds[line], lines.flags[line]
            if not flags & MALFORMED and kind in latest:
                row = latest[kind]
                self._offsets[row], self._lengths[row] = lines.offsets[line], lines.lengths[line]
                self._flags[row] = flags
                self.duplicates += 1
                continue
            row = len(self._offsets)
            self._offsets.append(lines.offsets[line])
            self._lengths.append(lines.lengths[line])
            self._flags.append(flags)
            self._type_numbers.append(kind)
            self._rows_by_type[kind].append(row)
            if not flags & MALFORMED:
                latest[kind] = row
            place = placement(resource_id.decode())
            if place != previous_place:
                previous_place = place
                first_of_group.append(row)
        return first_of_group

    def _type_number(self, resource_type: str) -> int:
        number = self._types.setdefault(resource_type, len(self._types))
        if number == len(self._type_names):
            if number > MAX_TYPES:
                raise EstateError(f"estate file {self.path}: more than {MAX_TYPES} resource types")
            self._type_names.append(resource_type)
        return number

    def _note_place(self, row: int) -> None:
        facts = _facts_of(self.raw(row))
        subscription, group = placement(facts.resource_id) if facts is not None else ("", "")
        if facts is None or not subscription:
            return
        self.subscriptions.setdefault(subscription.lower(), subscription)
        key = (subscription.lower(), group.lower())
        if group and key not in self.resource_groups:
            self.resource_groups[key] = ResourceGroup(subscription, group, facts.location)
