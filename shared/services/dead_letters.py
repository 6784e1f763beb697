"""Dead letters: what the broker gave up becomes a failed marker, an unread page, or a kept letter."""

from __future__ import annotations

import hashlib
import logging
from typing import Final

import orjson
from pydantic import ValidationError

from shared.ports.messaging import Queue
from shared.services.engine import Engine
from shared.services.messages import CheckMessage, PlanMessage, ShardMessage
from shared.services.plan_scan import PlanScan
from shared.services.run_shard import RunShard

log = logging.getLogger(__name__)

MAX_KEPT_BYTES: Final = 64 * 1024


class DeadLetters:
    """Handles the dead-letter sub-queues."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._plan = PlanScan(engine)
        self._shards = RunShard(engine)

    async def run(self, queue: Queue, body: bytes, reason: str | None) -> None:
        """Account for one dead letter. An unreadable one is kept in a blob."""
        why = f"given up by the broker: {reason or 'no reason given'}"
        try:
            if queue is Queue.PLAN:
                await self._plan.fail(PlanMessage.model_validate_json(body), why)
            elif queue is Queue.SHARDS:
                await self._shards.fail(ShardMessage.model_validate_json(body), why)
            elif queue is Queue.CHECK:
                # The sweeper restarts a broken chain of checks.
                CheckMessage.model_validate_json(body)
            else:
                # Other queues have rows of their own that say what is left to do.
                await self._keep(queue, body, why)
        except ValidationError:
            await self._keep(queue, body, why)
        log.error("dead letter in %s: %s", queue.value, why)

    async def _keep(self, queue: Queue, body: bytes, why: str) -> None:
        name = f"dead-letters/{queue.value}/{hashlib.sha256(body).hexdigest()[:32]}.json"
        letter = {
            "queue": queue.value,
            "reason": why,
            "bytes": len(body),
            "body": body[:MAX_KEPT_BYTES].decode("utf-8", "replace"),
        }
        await self._engine.blobs.put(name, orjson.dumps(letter))
