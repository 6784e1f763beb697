"""Bodies and ids of the engine's messages.

Service Bus drops an id it saw within its duplicate-detection window even when the first copy is long gone, so
whoever sends again on purpose raises `attempt` in a row first: detection only absorbs retried sends.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.plan import Shard
from shared.domain.scan import Scan
from shared.ports.messaging import Message, Queue


class PlanMessage(BaseModel):
    """Do page `page` of the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    scan_id: str = Field(max_length=64)
    page: int = Field(ge=0)
    attempt: int = Field(ge=1)


class ShardMessage(BaseModel):
    """Work on a shard."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    scan_id: str = Field(max_length=64)
    shard_id: str = Field(max_length=128)
    attempt: int = Field(ge=1)


class CheckMessage(BaseModel):
    """Compare markers with the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    scan_id: str = Field(max_length=64)
    number: int = Field(ge=0)


def plan_message(scan: Scan, page: int) -> Message:
    """Ask for a page of the plan."""
    body = PlanMessage(scan_id=scan.scan_id, page=page, attempt=scan.plan_attempt)
    return Message(
        Queue.PLAN, f"{scan.scan_id}:plan:{page}:{scan.plan_attempt}", body.model_dump_json().encode()
    )


def shard_message(shard: Shard) -> Message:
    """Ask for a shard."""
    body = ShardMessage(scan_id=shard.scan_id, shard_id=shard.shard_id, attempt=shard.attempt)
    return Message(
        Queue.SHARDS,
        f"{shard.scan_id}:shard:{shard.shard_id}:{shard.attempt}",
        body.model_dump_json().encode(),
    )


def check_message(scan: Scan, number: int, delay: timedelta | None) -> Message:
    """Ask for check `number` after `delay`.

    The id says in which run, after which restart: a check whose row was never written, because the scan was
    cancelled or restarted under it, may have sent this number before.
    """
    body = CheckMessage(scan_id=scan.scan_id, number=number)
    message_id = f"{scan.scan_id}:check:{number}:{scan.run}.{scan.check.restarts}"
    return Message(Queue.CHECK, message_id, body.model_dump_json().encode(), delay)
