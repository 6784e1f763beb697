"""The ledger a scan ended with: a blob of its own for each ending, named in the scan's row by whoever won."""

from __future__ import annotations

import asyncio
import zlib

from shared.domain.coverage import Coverage
from shared.domain.scan import Scan
from shared.ports.errors import MissingError
from shared.services.engine import Engine
from shared.services.page_blobs import unpacked


async def put_ledger(engine: Engine, coverage: Coverage) -> str:
    """Write a ledger; the name to put into the scan's row."""
    name = f"{coverage.scan_id}/ledgers/{engine.tokens.token(12)}.json.z"
    data = await asyncio.to_thread(lambda: zlib.compress(coverage.model_dump_json().encode(), 1))
    await engine.blobs.put(name, data)
    return name


async def get_ledger(engine: Engine, scan: Scan) -> Coverage:
    """The ledger that the scan's row names.

    Raises:
        MissingError: it names none, or the blob is gone.
    """
    if scan.ledger is None:
        raise MissingError(f"ledger of {scan.scan_id}")
    return Coverage.model_validate_json(unpacked(await engine.blobs.get(scan.ledger)))
