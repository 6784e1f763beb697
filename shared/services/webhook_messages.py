"""Wake-up messages of webhook chains.

A message only says "look at this chain": the pending deliveries themselves are in the store. Its id names why
it was sent, as the broker drops an id that it saw within its window even when that message is long gone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.webhooks import Delivery
from shared.ports.messaging import Message, Queue


class WakeMessage(BaseModel):
    """Look at the chain of (webhook, subject), for the sake of this delivery after `attempt` attempts."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    webhook_id: str = Field(max_length=64)
    subject: str = Field(max_length=512)
    position: int = Field(ge=1)
    replay: int = Field(ge=0)
    attempt: int = Field(ge=0)

    @property
    def order(self) -> tuple[int, int]:
        """Place among the deliveries of the chain."""
        return self.position, self.replay


def wake(delivery: Delivery, cause: str, now: datetime, due: datetime | None = None) -> Message:
    """A wake-up for a delivery at `due` (default: at once); one message for each cause and attempt."""
    body = WakeMessage(
        webhook_id=delivery.webhook_id,
        subject=delivery.subject,
        position=delivery.position,
        replay=delivery.replay,
        attempt=delivery.attempts,
    )
    wait = None if due is None or due <= now else due - now
    name = f"{delivery.webhook_id}:{delivery.position}:{delivery.replay}:{delivery.attempts}:{cause}"
    return Message(Queue.WEBHOOKS, name, body.model_dump_json().encode(), wait or None)


def sweep_up(webhook_id: str, wait: timedelta) -> Message:
    """A wake-up of no chain, for a webhook that was removed: attempts under way may leave rows behind."""
    body = WakeMessage(webhook_id=webhook_id, subject=NO_SUBJECT, position=1, replay=0, attempt=0)
    return Message(Queue.WEBHOOKS, f"{webhook_id}:removed", body.model_dump_json().encode(), wait)


NO_SUBJECT: Final = ""

ALMOST = timedelta(milliseconds=500)
"""A message may arrive a little early: broker and host have clocks of their own."""
