"""The table `FindingIntents`: which findings are being changed, written before the change, removed after.

Partition `intents`, row `<subscription>~<random>`. What a crash leaves there names every record whose lists
or totals may not have followed, and the states whose rows it may have: no others need to be looked for.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import pack, unpack
from shared.adapters.tables.finding_records import Place, Save, State
from shared.adapters.tables.keys import part
from shared.adapters.tables.ranges import KeyRange, RowTable
from shared.adapters.tables.table import Action, Entity, Write

_PARTITION: Final = "intents"
_PER_ROW: Final = 2000


@dataclass(frozen=True, slots=True)
class Intended:
    """A record that is being changed, and every state whose rows it may have meanwhile."""

    place: Place
    states: frozenset[State]

    @classmethod
    def of(cls, save: Save) -> Intended:
        """What a save may leave behind."""
        before = () if save.before is None or not save.before.status else (save.before.state,)
        return cls(save.place, frozenset((save.state, *before)))


@dataclass(frozen=True, slots=True)
class Intent:
    """One row: when it was written, and what is changed."""

    row: str
    at: datetime
    findings: tuple[Intended, ...]


class FindingIntents:
    """Changes under way."""

    def __init__(self, table: RowTable) -> None:
        self._table = table

    async def begin(self, findings: Iterable[Intended], at: datetime) -> list[str]:
        """Note a change; what `end` takes."""
        groups: defaultdict[str, list[Intended]] = defaultdict(list)
        for one in findings:
            groups[part(one.place[0])].append(one)
        writes = [
            Write(Action.CREATE, _row(subscription, group[start : start + _PER_ROW], at))
            for subscription, group in groups.items()
            for start in range(0, len(group), _PER_ROW)
        ]
        await write_rows(self._table, writes)
        return [write.key[1] for write in writes]

    async def end(self, rows: Sequence[str]) -> None:
        """The change is complete; absent rows are no error."""
        keys = [{"PartitionKey": _PARTITION, "RowKey": row} for row in rows]
        await write_rows(self._table, [Write(Action.DELETE, key) for key in keys])

    async def begun_before(self, at: datetime) -> AsyncIterator[Intent]:
        """Changes that should long be complete."""
        async for page in self._table.range(KeyRange(_PARTITION, f"{_PARTITION}!")):
            for entity in page:
                intent = _intent(entity)
                if intent.at < at:
                    yield intent

    async def of_subscription(self, subscription_id: str) -> list[Intent]:
        """Changes of a subscription's findings, complete or not."""
        stem = part(subscription_id.lower())
        keys = KeyRange(_PARTITION, f"{_PARTITION}!", after=f"{stem}~", below=f"{stem}~~")
        return [_intent(entity) async for page in self._table.range(keys) for entity in page]


def merged(intents: Iterable[Intent]) -> list[Intended]:
    """What several changes leave behind, each record once."""
    states: defaultdict[Place, frozenset[State]] = defaultdict(frozenset)
    for intent in intents:
        for one in intent.findings:
            states[one.place] |= one.states
    return [Intended(place, known) for place, known in states.items()]


def _row(subscription: str, findings: Sequence[Intended], at: datetime) -> Entity:
    rows = [(*one.place, sorted(one.states)) for one in findings]
    data = orjson.dumps({"at": at.isoformat(), "findings": rows})
    return {"PartitionKey": _PARTITION, "RowKey": f"{subscription}~{uuid.uuid4().hex}", **pack(data)}


def _intent(entity: Entity) -> Intent:
    document = orjson.loads(unpack(entity))
    begun = datetime.fromisoformat(document["at"]).astimezone(UTC)
    findings = (
        Intended((subscription, fingerprint), frozenset((status, severity) for status, severity in states))
        for subscription, fingerprint, states in document["findings"]
    )
    return Intent(entity["RowKey"], begun, tuple(findings))
