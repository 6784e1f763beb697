"""Writing many rows: transactions per partition, several at a time, and the losers found without the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.adapters.parallel import each
from shared.adapters.tables.ranges import RowTable
from shared.adapters.tables.table import Action, Write
from shared.ports.errors import (
    AlreadyExistsError,
    MissingError,
    PortError,
    StorageUnavailableError,
    VersionConflictError,
)

MAX_ROWS: Final = 100
MAX_BYTES: Final = 2_500_000
"""Payload of a transaction before base64: 4 MiB on the wire, less headers and keys."""
_SPLIT: Final = 4
_ROW_OVERHEAD: Final = 1200

_REFUSALS: Final[dict[Action, tuple[type[PortError], ...]]] = {
    Action.CREATE: (AlreadyExistsError,),
    Action.PUT: (),
    Action.REPLACE: (MissingError, VersionConflictError),
    Action.DELETE: (MissingError,),
}
"""What an action may meet in its row. Anything else tells of the table, and is no refusal of one row."""

Unit = tuple[Write, ...]
"""Rows of one partition that are written together or not at all."""


@dataclass(slots=True)
class _Job:
    place: int
    unit: Unit


async def write_units(table: RowTable, units: Sequence[Unit]) -> list[bool]:
    """Write every unit that fits what is stored; for each whether it was written.

    A unit is refused when one of its rows is there already, is missing, or has another version than the
    write names; the others are not held up by it.

    Raises:
        ValueError: a unit is empty or spans partitions, or two rows have the same key.
        StorageUnavailableError: some units may have been written; writing again is safe as far as the
            actions are.
    """
    _check(units)
    written = [False] * len(units)

    async def commit(jobs: list[_Job]) -> None:
        try:
            await table.transact([write for job in jobs for write in job.unit])
        except (AlreadyExistsError, MissingError, VersionConflictError) as error:
            if len(jobs) > 1:
                size = max(1, len(jobs) // _SPLIT)
                for start in range(0, len(jobs), size):
                    await commit(jobs[start : start + size])
            elif not any(type(error) in _REFUSALS[write.action] for write in jobs[0].unit):
                raise StorageUnavailableError("a table is missing or being deleted") from error
            return
        for job in jobs:
            written[job.place] = True

    await each(list(_chunks(units)), commit)
    return written


async def write_rows(table: RowTable, writes: Iterable[Write]) -> list[bool]:
    """`write_units` for rows that do not depend on each other."""
    return await write_units(table, [(write,) for write in writes])


def _check(units: Sequence[Unit]) -> None:
    seen: set[tuple[str, str]] = set()
    for unit in units:
        if len({write.key[0] for write in unit}) != 1:
            raise ValueError("rows written together must be of one partition")
        for write in unit:
            if write.key in seen:
                raise ValueError(f"row {write.key} is to be written twice at once")
            seen.add(write.key)


def _chunks(units: Sequence[Unit]) -> Iterable[list[_Job]]:
    partitions: defaultdict[str, list[_Job]] = defaultdict(list)
    for place, unit in enumerate(units):
        partitions[unit[0].key[0]].append(_Job(place, unit))
    for jobs in partitions.values():
        chunk: list[_Job] = []
        rows = size = 0
        for job in jobs:
            job_size = sum(payload_size(write) for write in job.unit)
            if chunk and (rows + len(job.unit) > MAX_ROWS or size + job_size > MAX_BYTES):
                yield chunk
                chunk, rows, size = [], 0, 0
            chunk.append(job)
            rows += len(job.unit)
            size += job_size
        yield chunk


def payload_size(write: Write) -> int:
    """About how many bytes a write takes in a transaction, before base64."""
    return _ROW_OVERHEAD + sum(len(value) for value in write.entity.values() if isinstance(value, bytes))
