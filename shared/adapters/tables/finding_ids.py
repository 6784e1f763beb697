"""Who owns which id: the table `FindingIds`, a row per id with its fingerprint.

Partition `ids~<second>` holds the bare id of that second, `ids~<second>~<digit>` those whose tail begins so;
`of~<digit>` holds a row per fingerprint with the id it got first, which is its id for ever: two scans that
meet a problem at once, or one that died between claiming and recording, speak of the same id.

Ids have a resolution of one second. The bare one belongs to the fingerprint that inserts its row first; a
tail is the first eight digits of the fingerprint, or the next eight where another one owns that id. Rows are
never removed, so a repeated claim finds the id it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from shared.adapters.parallel import each
from shared.adapters.tables.batches import write_rows
from shared.adapters.tables.keys import part
from shared.adapters.tables.ranges import RowTable
from shared.adapters.tables.table import Action, Entity, Write
from shared.domain.ids import IdKind, make_id
from shared.ports.errors import AlreadyExistsError, MissingError

_TAIL_DIGITS: Final = 8
_BARE: Final = "bare"
_PROBES: Final = 8


async def claim(table: RowTable, detected_at: datetime, fingerprints: Sequence[str]) -> dict[str, str]:
    """The id of each fingerprint; see `FindingStore.claim_ids`.

    Raises:
        ValueError: no id of that second is left for one of them.
    """
    wanted = list(dict.fromkeys(fingerprints))
    ids = await _known_ones(table, wanted)
    new = [fingerprint for fingerprint in wanted if fingerprint not in ids]
    return ids | await _first_of_all(table, await _in_second(table, detected_at, new))


async def _known_ones(table: RowTable, wanted: list[str]) -> dict[str, str]:
    """Ids that were given out before, unless a few of them tell that hardly any were.

    Asking one by one costs a request each, and only a claim that is repeated, or raced, meets known ones.
    Those that are not asked for are found when their rows are inserted.
    """
    ids: dict[str, str] = {}
    for some in (wanted[:_PROBES], wanted[_PROBES:]):
        found = await each(some, partial(_known, table))
        ids |= {one: identifier for one, identifier in zip(some, found, strict=True) if identifier}
        if not ids:
            break
    return ids


async def _first_of_all(table: RowTable, claimed: dict[str, str]) -> dict[str, str]:
    """Keep each fingerprint's id for ever; where another claim was first, that one's."""
    rows = [
        {"PartitionKey": _owned(one), "RowKey": f"f{part(one)}", "id": identifier}
        for one, identifier in claimed.items()
    ]
    written = await write_rows(table, [Write(Action.CREATE, row) for row in rows])
    beaten = [one for one, won in zip(claimed, written, strict=True) if not won]
    stored = await each(beaten, partial(_known, table))
    return claimed | {one: identifier for one, identifier in zip(beaten, stored, strict=True) if identifier}


async def _known(table: RowTable, fingerprint: str) -> str | None:
    stored = await table.get(_owned(fingerprint), f"f{part(fingerprint)}")
    return None if stored is None else str(stored["id"])


def _owned(fingerprint: str) -> str:
    return f"of~{part(fingerprint)[0]}"


async def _in_second(table: RowTable, detected_at: datetime, waiting: list[str]) -> dict[str, str]:
    """Claim an id of that second for each fingerprint.

    Raises:
        ValueError: four other fingerprints own every id that one could have.
    """
    if not waiting:
        return {}
    waiting = list(waiting)
    partition = f"ids~{detected_at.astimezone(UTC):%Y%m%d-%H%M%S}"
    ids: dict[str, str] = {}
    owner = await _claim_bare(table, partition, waiting[0])
    if owner in waiting:
        ids[owner] = make_id(IdKind.FINDING, detected_at)
        waiting.remove(owner)
    at = 0
    while waiting:
        tails = {fingerprint: fingerprint[at : at + _TAIL_DIGITS] for fingerprint in waiting}
        if not all(tails.values()):
            raise ValueError("no id is left in that second for a fingerprint")
        owners = await _claim_tails(table, partition, tails)
        won = [fingerprint for fingerprint in waiting if owners[tails[fingerprint]] == fingerprint]
        ids |= {key: make_id(IdKind.FINDING, detected_at, tails[key]) for key in won}
        waiting = [fingerprint for fingerprint in waiting if fingerprint not in ids]
        at += _TAIL_DIGITS
    return ids


async def _claim_bare(table: RowTable, partition: str, fingerprint: str) -> str:
    stored = await table.get(partition, _BARE)
    if stored is None:
        try:
            await table.write(Write(Action.CREATE, _row(partition, _BARE, fingerprint)))
        except AlreadyExistsError:
            return await _owner(table, partition, _BARE)
        return fingerprint
    return str(stored["fingerprint"])


async def _claim_tails(table: RowTable, partition: str, tails: dict[str, str]) -> dict[str, str]:
    """Owner of each tail, after inserting the rows that are not there."""
    first: dict[str, str] = {}
    for fingerprint, tail in tails.items():
        first.setdefault(tail, fingerprint)
    rows = {
        tail: _row(f"{partition}~{tail[0]}", f"t{part(tail)}", fingerprint)
        for tail, fingerprint in first.items()
    }
    written = await write_rows(table, [Write(Action.CREATE, row) for row in rows.values()])
    taken = [tail for tail, won in zip(rows, written, strict=True) if not won]

    async def read(tail: str) -> str:
        return await _owner(table, f"{partition}~{tail[0]}", f"t{tail}")

    return first | dict(zip(taken, await each(taken, read), strict=True))


async def _owner(table: RowTable, partition: str, row: str) -> str:
    stored = await table.get(partition, row)
    if stored is None:
        raise MissingError("the row of a claimed id is gone")
    return str(stored["fingerprint"])


def _row(partition: str, row: str, fingerprint: str) -> Entity:
    return {"PartitionKey": partition, "RowKey": row, "fingerprint": fingerprint}
