"""Signs of life of whoever works on a shard: what is merely slow is not taken for lost and sent again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from shared.domain.plan import Shard
from shared.ports.errors import PortError
from shared.services.engine import Engine

log = logging.getLogger(__name__)

SIGNS_PER_STALL: Final = 4
"""Signs within the time after which a silent scan counts as stuck: three may be lost."""

LONGEST_WORK: Final = 30 * 60.0
"""Seconds after which no more are given: host.json ends an invocation then (`functionTimeout`), and work that
hangs must not keep its scan from being helped."""


@asynccontextmanager
async def signs_of_life(engine: Engine, shard: Shard) -> AsyncIterator[None]:
    """Say now and then that the shard is being worked on, until the body ends. Short work says nothing."""
    signs = asyncio.ensure_future(_give(engine, shard))
    try:
        yield
    finally:
        signs.cancel()
        await asyncio.gather(signs, return_exceptions=True)


async def _give(engine: Engine, shard: Shard) -> None:
    interval = engine.pace.stall.total_seconds() / SIGNS_PER_STALL
    for _ in range(int(LONGEST_WORK / interval)):
        await engine.sleep(interval)
        try:
            await engine.plans.note_work(shard.scan_id, shard.shard_id, engine.clock.now())
        except PortError as error:
            # The next may get through; with none the shard is only sent again.
            log.warning("no sign of life of shard %s of %s: %s", shard.shard_id, shard.scan_id, error)
