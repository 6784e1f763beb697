"""The event log in the tables `EventLog` and `EventSubjects`, and the feeds' positions in `EventFeeds`.

`EventLog` has one row an entry, `e<position>`, in partitions of SEGMENT positions. An entry is created right
behind the last one, which only one writer can do: so the log itself decides positions, sequences and which
event came first. `EventSubjects` has a row `<subject>~<sequence>` for each entry and is made from the log:
a writer first brings it up to the end of the log (whoever wrote there may have died before), and only then
knows the next sequence of a subject and whether an event is there already. Its rows are only ever inserted,
so that a slow writer takes nothing back.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Final

from azure.data.tables.aio import TableServiceClient

from shared.adapters.parallel import each
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.codec import decode, encode, pack
from shared.adapters.tables.keys import ordered
from shared.adapters.tables.table import Action, Entity, Table, Write
from shared.domain.events import Event, LoggedEvent
from shared.ports.errors import AlreadyExistsError, StorageUnavailableError

SEGMENT: Final = 200
MAX_CHUNK: Final = 90
"""Entries of one transaction."""
_SUBJECT_PARTITIONS: Final = 16
"""Few, so that the subjects of a chunk fill transactions; each takes 2,000 rows a second
(https://learn.microsoft.com/azure/storage/tables/scalability-targets)."""
_TRIES: Final = 50
_META: Final = "meta"


class TableEventLog:
    """`EventLog` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._log = Table(service, f"{prefix}EventLog")
        self._subjects = Table(service, f"{prefix}EventSubjects")
        self._indexed: int | None = None
        """Every entry up to here has its row in `EventSubjects`."""
        self._lock = asyncio.Lock()

    async def aclose(self) -> None:
        """Release the table clients."""
        await self._log.aclose()
        await self._subjects.aclose()

    async def append(self, events: Sequence[Event], at: datetime) -> list[LoggedEvent]:
        """See `EventLog.append`.

        Raises:
            StorageUnavailableError: other writers were faster too often.
        """
        new: list[LoggedEvent] = []
        async with self._lock:
            for start in range(0, len(events), MAX_CHUNK):
                new += await self._append_chunk(events[start : start + MAX_CHUNK], at)
        return new

    async def _append_chunk(self, events: Sequence[Event], at: datetime) -> list[LoggedEvent]:
        new: list[LoggedEvent] = []
        for _ in range(_TRIES):
            end = await self._catch_up()
            entries = await self._numbered(events, end, at)
            # A transaction has one partition: what goes beyond the segment follows in the next round.
            entries = [one for one in entries if _segment(one.position) == _segment(end + 1)]
            if not entries:
                return new
            try:
                await self._log.transact([Write(Action.CREATE, _entry_row(one)) for one in entries])
            except AlreadyExistsError:
                continue
            new += entries
            await self._index(entries)
        raise StorageUnavailableError("the event log is written by too many at once")

    async def _catch_up(self) -> int:
        """Bring `EventSubjects` up to the end of the log; the end."""
        if self._indexed is None:
            self._indexed = await self._mark("indexed")
        while entries := await self.after(self._indexed, SEGMENT):
            await self._index(entries)
        return self._indexed

    async def _index(self, entries: Sequence[LoggedEvent]) -> None:
        await write_rows(self._subjects, [Write(Action.CREATE, _subject_row(one)) for one in entries])
        self._indexed = entries[-1].position
        await self._put_mark("indexed", self._indexed)

    async def _numbered(self, events: Sequence[Event], end: int, at: datetime) -> list[LoggedEvent]:
        """Entries behind `end` for those of the events that the log lacks."""
        subjects = list(dict.fromkeys(event.subject for event in events))
        found = await each(subjects, self._of_subject)
        known = {str(row["event_id"]) for rows in found for row in rows}
        last = {
            subject: max((int(row["sequence"]) for row in rows), default=0)
            for subject, rows in zip(subjects, found, strict=True)
        }
        entries: list[LoggedEvent] = []
        for event in events:
            if event.event_id in known:
                continue
            known.add(event.event_id)
            last[event.subject] += 1
            position = end + len(entries) + 1
            entries.append(
                LoggedEvent(position=position, sequence=last[event.subject], logged_at=at, event=event)
            )
        return entries

    async def _of_subject(self, subject: str) -> list[Entity]:
        partition, key = _subject_key(subject)
        where = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
        parameters = {"partition": partition, "low": f"{key}~", "high": f"{key}~~"}
        return [row async for row in self._subjects.rows(where, parameters) if row["subject"] == subject]

    async def after(self, position: int, limit: int) -> list[LoggedEvent]:
        """See `EventLog.after`."""
        if limit <= 0:
            return []
        where = "PartitionKey ge @segment and PartitionKey lt @end and RowKey ge @low"
        low = {"segment": _segment(position + 1), "end": "f", "low": _row_key(position + 1)}
        entries: list[LoggedEvent] = []
        async with aclosing(self._log.rows(where, low, page_size=limit)) as rows:
            async for row in rows:
                entries.append(decode(LoggedEvent, row))
                if len(entries) == limit:
                    break
        return entries

    async def get(self, position: int) -> LoggedEvent | None:
        """See `EventLog.get`."""
        if position < 1:
            return None
        row = await self._log.get(_segment(position), _row_key(position))
        return None if row is None else decode(LoggedEvent, row)

    async def end(self) -> int:
        """See `EventLog.end`."""
        position = self._indexed or await self._mark("indexed")
        while entries := await self.after(position, SEGMENT):
            position = entries[-1].position
        return position

    async def trim(self, before: datetime, up_to: int) -> int:
        """See `EventLog.trim`: whole segments."""
        gone = 0
        while True:
            first = await self._mark("first") + 1
            entries = await self.after(first - 1, SEGMENT)
            entries = [one for one in entries if _segment(one.position) == _segment(first)]
            last = (first // SEGMENT + 1) * SEGMENT - 1
            whole = bool(entries) and entries[-1].position == last <= up_to
            if not whole or entries[-1].logged_at >= before or await self.get(last + 1) is None:
                return gone
            await self._forget_subjects(entries)
            await self._put_mark("first", last)
            rows = [
                {"PartitionKey": _segment(one.position), "RowKey": _row_key(one.position)} for one in entries
            ]
            await write_rows(self._log, [Write(Action.DELETE, row) for row in rows])
            gone += len(entries)

    async def _forget_subjects(self, entries: Iterable[LoggedEvent]) -> None:
        """Remove rows of these subjects up to these entries; the last of each subject stays."""
        upto = {one.event.subject: one.sequence for one in entries}

        async def old(subject: str) -> list[Entity]:
            rows = await self._of_subject(subject)
            last = max((int(row["sequence"]) for row in rows), default=0)
            return [
                row for row in rows if int(row["sequence"]) <= upto[subject] and int(row["sequence"]) < last
            ]

        found = await each(list(upto), old)
        keys = [
            {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]} for rows in found for row in rows
        ]
        await write_rows(self._subjects, [Write(Action.DELETE, key) for key in keys])

    async def _mark(self, name: str) -> int:
        row = await self._log.get(_META, name)
        return 0 if row is None else int(row["position"])

    async def _put_mark(self, name: str, position: int) -> None:
        entity = {"PartitionKey": _META, "RowKey": name, "position": str(position)}
        await self._log.write(Write(Action.PUT, entity))


class TableFeedPositions:
    """`FeedPositions` on Azure Tables."""

    def __init__(self, service: TableServiceClient, *, prefix: str = "") -> None:
        self._table = Table(service, f"{prefix}EventFeeds")

    async def aclose(self) -> None:
        """Release the table client."""
        await self._table.aclose()

    async def get(self, feed: str) -> int:
        """See `FeedPositions.get`."""
        row = await self._table.get("feeds", f"f{feed}")
        return 0 if row is None else int(row["position"])

    async def advance(self, feed: str, position: int) -> None:
        """See `FeedPositions.advance`. Two at once may leave the lower one: the feed then repeats itself."""
        if position > await self.get(feed):
            entity = {"PartitionKey": "feeds", "RowKey": f"f{feed}", "position": str(position)}
            await self._table.write(Write(Action.PUT, entity))


def _segment(position: int) -> str:
    return f"e{position // SEGMENT:010d}"


def _row_key(position: int) -> str:
    return f"e{position:013d}"


def _entry_row(entry: LoggedEvent) -> Entity:
    return {
        "PartitionKey": _segment(entry.position),
        "RowKey": _row_key(entry.position),
        **pack(encode(entry)),
    }


def _subject_key(subject: str) -> tuple[str, str]:
    return f"s{zlib.crc32(subject.encode()) % _SUBJECT_PARTITIONS:x}", f"s{ordered(subject)}"


def _subject_row(entry: LoggedEvent) -> Entity:
    partition, key = _subject_key(entry.event.subject)
    return {
        "PartitionKey": partition,
        "RowKey": f"{key}~{entry.sequence:09d}",
        "subject": entry.event.subject,
        "event_id": entry.event.event_id,
        "sequence": str(entry.sequence),
    }
