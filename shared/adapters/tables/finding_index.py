"""The table `FindingIndex`: the lists of `finding_keys`, each row a copy of its record.

A row is a function of its record: writing it again changes nothing, and `converge` makes all rows of a record
right whatever was there before. A copy too large for a list is left out, and the record read instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from shared.adapters.parallel import each
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import decode, deflate, encode
from shared.adapters.tables.finding_keys import Key, id_key, keys_of, possible_keys, state_keys
from shared.adapters.tables.finding_records import FindingRecords, Save, State
from shared.adapters.tables.ranges import RowTable
from shared.adapters.tables.table import Action, Entity, Write
from shared.domain.finding import Finding
from shared.domain.ids import IdKind, is_id
from shared.ports.errors import MissingError, StorageUnavailableError

COPY_BYTES: Final = 24 * 1024
"""Largest copy: 200 of them are what an answer of storage may hold, about 4 MiB."""
_DEFLATE_ABOVE: Final = 4 * 1024
_ROUNDS: Final = 20


class FindingIndex:
    """Rows of lists."""

    def __init__(self, table: RowTable, records: FindingRecords) -> None:
        self._table = table
        self._records = records

    async def place(self, finding_id: str) -> tuple[str, str] | None:
        """Subscription and fingerprint of an id, or None."""
        if not is_id(IdKind.FINDING, finding_id):
            return None
        try:
            key = id_key(finding_id)
        except ValueError:
            return None
        entity = await self._table.get(*key)
        return None if entity is None else (entity["subscription"], entity["fingerprint"])

    async def put(self, saves: Sequence[Save]) -> None:
        """Write the rows of records just written, and remove those of the state before."""
        new: list[Write] = []
        known: list[Write] = []
        for one in saves:
            if one.before is None:
                new += _rows(one.finding, one.data, (), Action.CREATE)
            else:
                known += _rows(one.finding, one.data, (one.before.state,) if one.before.status else ())
        created = await write_rows(self._table, new)
        # Rows of a new record are there only where an earlier attempt left them.
        known += [_again(write) for write, done in zip(new, created, strict=True) if not done]
        await write_rows(self._table, known)

    async def place_anew(self, records: Sequence[tuple[Finding, Iterable[State]]]) -> None:
        """Write the rows of records as they are, and remove those of other states that they may have."""
        writes: list[Write] = []
        for finding, states in records:
            writes += _rows(finding, encode(finding), states)
        await write_rows(self._table, writes)

    async def converge(self, subscription_id: str, fingerprint: str) -> bool:
        """Make all rows of a record right, also against writers of it; whether there is such a record.

        Raises:
            StorageUnavailableError: the record kept changing.
        """
        for _ in range(_ROUNDS):
            stored = await self._records.get(subscription_id, fingerprint)
            if stored is None:
                return False
            right = keys_of(stored.value)
            columns = columns_of(stored.value, stored.value.model_dump_json(by_alias=True).encode())
            await write_rows(self._table, [_put(key, columns) for key in right])
            await each([key for key in possible_keys(stored.value) if key not in right], self.remove)
            again = await self._records.get(subscription_id, fingerprint)
            if again is not None and again.etag == stored.etag:
                return True
        raise StorageUnavailableError("a finding changes faster than its lists can follow")

    async def remove(self, key: Key) -> None:
        """Remove a row if it is there."""
        try:
            await self._table.write(_removal(key))
        except MissingError:
            return


def copied(entity: Entity) -> Finding | None:
    """The record that a row holds a copy of; None where the copy was too large."""
    return decode(Finding, entity) if "d0" in entity else None


def columns_of(finding: Finding, data: bytes) -> dict[str, Any]:
    """What a row holds beside its key: what storage filters by, and the copy unless it is too large."""
    columns: dict[str, Any] = {
        "subscription": finding.observation.subscription_id.lower(),
        "fingerprint": finding.fingerprint,
        "status": finding.status.value,
        "severity": finding.observation.severity.value,
        "rule": finding.observation.rule_id,
    }
    if len(data) > _DEFLATE_ABOVE:
        data, columns["deflated"] = deflate(data), True
    if len(data) <= COPY_BYTES:
        columns["d0"] = data
    return columns


def _rows(finding: Finding, data: bytes, states: Iterable[State], action: Action = Action.PUT) -> list[Write]:
    """The rows of a record as it is, and the removal of those it has in other states."""
    columns, right = columns_of(finding, data), keys_of(finding)
    stale = {key for state in states for key in state_keys(finding, *state)}.difference(right)
    return [*(_put(key, columns, action) for key in right), *map(_removal, sorted(stale))]


def _put(key: Key, columns: dict[str, Any], action: Action = Action.PUT) -> Write:
    return Write(action, {"PartitionKey": key[0], "RowKey": key[1], **columns})


def _again(write: Write) -> Write:
    return Write(Action.PUT, write.entity)


def _removal(key: Key) -> Write:
    return Write(Action.DELETE, {"PartitionKey": key[0], "RowKey": key[1]})
