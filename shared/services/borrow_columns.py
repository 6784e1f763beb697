"""Columns of other subscriptions that a relation needs: what its resources refer to, as far as it was read.

Nearly every subscription refers to nothing outside, and reads nothing more. What is not found (the other
subscription is not in the scan, was not read, or is beyond the bounds here) stays named as not read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from shared.domain.ledger import projections_of
from shared.domain.scan import Scan
from shared.scanners.base import Projection, Scanner
from shared.services.engine import Engine
from shared.services.finalize_scan import load_record
from shared.services.page_blobs import get_rows

log = logging.getLogger(__name__)

MOST_BORROWED: Final = 5_000
"""Resources that one relation borrows; their columns are held beside its own."""
MOST_BLOBS: Final = 400
"""Blobs of other subscriptions that are read for one relation, in all rounds."""
ROUNDS: Final = 4
"""How far references are followed: interface, its network, that network's NSG, and back."""


async def borrowed_columns(
    engine: Engine, scan: Scan, scanner: Scanner, subscription: str, columns: Sequence[Projection]
) -> list[Projection]:
    """Projections of what the resources of one subscription refer to in others of the same scan.

    Raises:
        PortError: storage is away.
        MissingError: columns that were written are gone.
    """
    wanted = await asyncio.to_thread(scanner.foreign, subscription, columns)
    if not wanted:
        return []
    blobs = projections_of(await load_record(engine, scan))
    borrowed: dict[str, list[Projection]] = {}
    asked: frozenset[str] = frozenset()
    blobs_read = 0
    for _ in range(ROUNDS):
        missing = wanted - asked
        asked |= missing
        names = [
            name
            for other in sorted({one.split("/", 3)[2] for one in missing if one.count("/") > 2})
            for name in blobs.get(other, ())
        ]
        blobs_read += len(names)
        if not names or blobs_read > MOST_BLOBS or len(borrowed) > MOST_BORROWED:
            break
        found: list[Projection] = []
        for name in names:
            rows = await get_rows(engine.blobs, name)
            found += await asyncio.to_thread(scanner.lent, rows, missing)
        for one in found:
            borrowed.setdefault(str(one["id"]).lower(), []).append(one)
        wanted = await asyncio.to_thread(scanner.foreign, subscription, found)
    if blobs_read > MOST_BLOBS or len(borrowed) > MOST_BORROWED:
        log.warning("subscription %s refers to more of others than one relation reads", subscription)
    return [one for several in borrowed.values() for one in several]
