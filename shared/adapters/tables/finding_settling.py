"""Lists and totals made right for records whose change was cut short, or met another writer's.

What is put right is noted as an intent of its own first, with every state seen on the way: who dies here
leaves behind all that another one needs to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from shared.adapters.parallel import each
from shared.adapters.tables.finding_index import FindingIndex
from shared.adapters.tables.finding_intents import FindingIntents, Intended
from shared.adapters.tables.finding_records import FindingRecords, partition_of, state_of
from shared.adapters.tables.finding_totals import FindingTotals
from shared.ports.errors import StorageUnavailableError

_ROUNDS: Final = 20


class FindingSettling:
    """Makes rows follow records, against writers of the same records too."""

    def __init__(
        self,
        records: FindingRecords,
        index: FindingIndex,
        totals: FindingTotals,
        intents: FindingIntents,
        now: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._index = index
        self._totals = totals
        self._intents = intents
        self._now = now

    async def settle(self, wanted: Sequence[Intended]) -> None:
        """Leave lists and totals as these records demand; records that were never written are passed over.

        Raises:
            StorageUnavailableError: a record kept changing.
        """
        partitions = sorted({partition_of(*one.place) for one in wanted})
        noted: list[str] = []
        for _ in range(_ROUNDS):
            stored = await self._records.stored([one.place for one in wanted])
            there = [
                Intended(one.place, one.states | {state_of(stored[one.place][0])})
                for one in wanted
                if one.place in stored
            ]
            if not there:
                break
            noted += await self._intents.begin(there, self._now())
            await self._index.place_anew([(stored[one.place][0], one.states) for one in there])
            now = await self._records.revisions([one.place for one in there])
            wanted = [one for one in there if now.get(one.place) != stored[one.place][1]]
            if not wanted:
                break
        else:
            raise StorageUnavailableError("a finding changes faster than its lists can follow")
        await each(partitions, self._totals.follow)
        await self._intents.end(noted)
