"""The estate that is served: the file's rows and, over them, what clients changed since."""

from array import array
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from devhost.azure.arm_id import parse, placement
from devhost.azure.estate_file import EstateFile, ResourceGroup
from devhost.azure.graph_row import MALFORMED, flags_of

_CACHED_SELECTIONS: Final = 16
MAX_CHANGES: Final = 100_000


class TooManyChangesError(Exception):
    """Clients changed more resources than are kept in memory."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One resource as it stands now."""

    key: str
    """Lower-cased id."""
    resource_type: str
    """Lower-cased type."""
    raw: bytes
    flags: int

    @property
    def malformed(self) -> bool:
        """True when ``raw`` is not a JSON object with an id and a type."""
        return bool(self.flags & MALFORMED)

    def decoded(self) -> dict[str, Any]:
        """The resource as a new dict.

        Raises:
            orjson.JSONDecodeError: the resource is malformed.
        """
        value: dict[str, Any] = orjson.loads(self.raw)
        return value


class Estate:
    """Resources by reference number: the file's rows first, then those that clients created."""

    def __init__(self, file: EstateFile) -> None:
        self.file = file
        self.subscriptions = file.subscriptions
        self.resource_groups = dict(file.resource_groups)
        self._changed: dict[int, Stored] = {}
        self._deleted: set[int] = set()
        self._created: dict[str, int] = {}
        self._created_keys: list[str] = []
        self._next = len(file)
        self._selections: OrderedDict[tuple[object, ...], Sequence[int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.file) - len(self._deleted) + len(self._created)

    @property
    def types(self) -> set[str]:
        """Lower-cased types that occur."""
        return {*self.file.types, *(stored.resource_type for stored in self._changed.values())}

    def stored(self, ref: int) -> Stored:
        """The resource behind a reference that :meth:`select` gave."""
        changed = self._changed.get(ref)
        if changed is not None:
            return changed
        file = self.file
        return Stored(file.id_of(ref), file.type_of(ref), file.raw(ref), file.flags(ref))

    def key_of(self, ref: int) -> str:
        """Lower-cased id behind a reference."""
        return self.file.id_of(ref) if ref < len(self.file) else self._changed[ref].key

    def type_and_key(self, ref: int) -> tuple[str, str]:
        """Lower-cased type and id behind a reference."""
        changed = self._changed.get(ref)
        if changed is not None:
            return changed.resource_type, changed.key
        return self.file.type_of(ref), self.file.id_of(ref)

    def line(self, ref: int) -> tuple[bytes, int]:
        """Bytes and flags behind a reference, without reading what :class:`Stored` has beside them."""
        changed = self._changed.get(ref)
        if changed is not None:
            return changed.raw, changed.flags
        return self.file.raw(ref), self.file.flags(ref)

    def find(self, resource_id: str) -> Stored | None:
        """The resource with this id; of several lines with one id the one of the type that the id tells."""
        ref = self._ref(resource_id)
        return None if ref is None else self.stored(ref)

    def select(self, types: Iterable[str], prefixes: Iterable[str]) -> Sequence[int]:
        """References in ascending order of id: of one of the types, below one of the id prefixes.

        Types and prefixes are lower-cased; the prefixes do not overlap.
        """
        key = (tuple(sorted(set(types))), tuple(sorted(set(prefixes))))
        found = self._selections.get(key)
        if found is None:
            found = self._selections[key] = self._select(key[0], key[1])
            if len(self._selections) > _CACHED_SELECTIONS:
                self._selections.popitem(last=False)
        self._selections.move_to_end(key)
        return found

    def select_once(self, resource_type: str, prefix: str) -> Sequence[int]:
        """As :meth:`select` for one type and prefix, without remembering the selection."""
        return self._select((resource_type,), (prefix,))

    def has_below(self, prefix: str) -> bool:
        """Whether some resource's lower-cased id begins with ``prefix``."""
        first, end = self.file.prefix_range(prefix)
        if any(ref not in self._deleted for ref in range(first, end)):
            return True
        position = bisect_left(self._created_keys, prefix)
        return position < len(self._created_keys) and self._created_keys[position].startswith(prefix)

    def position(self, refs: Sequence[int], key: str, ref: int) -> int:
        """Index of the first of ``refs`` after the resource (key, ref), which may be gone by now."""
        return bisect_left(refs, (key.encode(), ref + 1), key=lambda r: (self.key_of(r).encode(), r))

    def put(self, resource: dict[str, Any]) -> Stored:
        """Store a resource under its ``id``, new or instead of what is there.

        Raises:
            TooManyChangesError: the memory set aside for changes is full.
        """
        resource_id = resource["id"]
        key = resource_id.lower()
        ref = self._ref(resource_id)
        if ref is None:
            if len(self._changed) >= MAX_CHANGES:
                raise TooManyChangesError(f"more than {MAX_CHANGES} resources were changed")
            ref, self._next = self._next, self._next + 1
            self._created[key] = ref
            insort(self._created_keys, key)
            self._note_group(resource)
        raw = orjson.dumps(resource)
        stored = Stored(key, resource["type"].lower(), raw, flags_of(raw, resource))
        self._changed[ref] = stored
        self._touch()
        return stored

    def delete(self, resource_id: str) -> None:
        """Forget a resource; one that is not there stays so."""
        ref = self._ref(resource_id)
        if ref is None:
            return
        self._changed.pop(ref, None)
        if ref < len(self.file):
            self._deleted.add(ref)
        else:
            key = resource_id.lower()
            del self._created[key]
            self._created_keys.remove(key)
        self._touch()

    def _touch(self) -> None:
        self._selections.clear()

    def _note_group(self, resource: dict[str, Any]) -> None:
        subscription, group = placement(resource["id"])
        key = (subscription.lower(), group.lower())
        if group and key not in self.resource_groups:
            self.resource_groups[key] = ResourceGroup(subscription, group, resource.get("location") or "")

    def _ref(self, resource_id: str) -> int | None:
        key = resource_id.lower()
        if key in self._created:
            return self._created[key]
        refs = [ref for ref in range(*self.file.id_range(key)) if ref not in self._deleted]
        told = parse(key).resource_type
        return min(
            refs,
            key=lambda ref: (self.file.type_of(ref) != told, self.file.flags(ref) & MALFORMED, ref),
            default=None,
        )

    def _select(self, types: tuple[str, ...], prefixes: tuple[str, ...]) -> Sequence[int]:
        ranges = sorted(self.file.prefix_range(prefix) for prefix in prefixes)
        rows = array("I")
        for first, end in ranges:
            found = [self.file.rows_of_type(kind, first, end) for kind in types] if end > first else []
            if len(found) == 1:
                rows.extend(found[0])
            else:
                rows.extend(sorted(row for part in found for row in part))
        if not self._deleted and not self._created:
            return rows
        refs = [row for row in rows if row not in self._deleted]
        for key in self._created_keys:
            ref = self._created[key]
            if self._changed[ref].resource_type in types and key.startswith(prefixes):
                refs.insert(self.position(refs, key, ref), ref)
        return refs
