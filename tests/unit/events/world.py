"""Feeds, webhooks and receivers in memory: what they are made of, and what may go wrong with it."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.adapters.memory.clock import MemoryClock, MemoryTokenSource
from shared.adapters.memory.event_log import MemoryEventLog, MemoryFeedPositions
from shared.adapters.memory.events import MemoryEventOutbox
from shared.adapters.memory.messaging import MemoryMessenger
from shared.adapters.memory.webhooks import MemoryDeliveryStore, MemoryWebhookStore
from shared.domain.events import EventType
from shared.domain.webhooks import Webhook
from shared.ports.messaging import Message, Queue
from shared.ports.outbound import Answer, NoAnswerError, RefusedDestinationError
from shared.services.deliver_webhook import DeliverWebhook
from shared.services.fan_out_webhooks import FanOutWebhooks
from shared.services.relay_events import RelayEvents
from shared.services.sweep_webhooks import SweepWebhooks
from shared.services.webhook_messages import WakeMessage
from shared.services.webhooks import Webhooks

SECRET = "your-webhook-secret"
Behaviour = Callable[[str, Mapping[str, str], bytes], Answer]


@dataclass
class Receivers:
    """`Outbound` that hands requests to functions by URL; unknown URLs answer 204."""

    clock: MemoryClock
    takes: timedelta = timedelta()
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    received: defaultdict[str, list[tuple[dict[str, str], bytes]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    accepted: defaultdict[str, list[tuple[dict[str, str], bytes]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Of what was received, that to which the answer was a success."""

    meanwhile: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """What happens elsewhere while a receiver is called."""

    def check_url(self, url: str) -> None:
        if not url.startswith("https://"):
            raise RefusedDestinationError("must begin with https://")

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        self.check_url(url)
        self.clock.advance(self.takes)
        if url in self.meanwhile:
            await self.meanwhile[url]()
        answer = self.behaviours[url](url, headers, body) if url in self.behaviours else Answer(204)
        self.received[url].append((dict(headers), body))
        if 200 <= answer.status < 300:
            self.accepted[url].append((dict(headers), body))
        return answer

    def events(self, url: str, *, accepted: bool = False) -> list[tuple[str, str, int]]:
        """(event id, subject, sequence) of everything that a receiver saw, or accepted, in order."""
        found = []
        for headers, body in (self.accepted if accepted else self.received)[url]:
            data = json.loads(body)["data"]
            found.append(
                (
                    headers["X-Security-Copilot-Event-Id"],
                    str(data.get("finding_id", data.get("scan_id"))),
                    int(headers["X-Security-Copilot-Sequence"]),
                )
            )
        return found


def answering(status: int, **headers: str) -> Behaviour:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda *_: Answer(status, named)


def silent(*_: Any) -> Answer:
    raise NoAnswerError("no answer within 15 seconds")


def failing_at_random(seed: int, rate: float) -> Behaviour:
    """Fails before taking the event, or after: then the product cannot know that it was taken."""
    dice = random.Random(seed)

    def behave(*_: Any) -> Answer:
        roll = dice.random()
        if roll < rate / 2:
            return Answer(500)
        if roll < rate:
            raise NoAnswerError("the exchange broke off")
        return Answer(200)

    return behave


@dataclass
class EventWorld:
    clock: MemoryClock = field(default_factory=MemoryClock)
    guard: Callable[[Any], Any] = lambda port: port
    """What stands between the services and their ports: faults to inject."""

    def __post_init__(self) -> None:
        self.outbox = MemoryEventOutbox()
        self.log = MemoryEventLog()
        self.positions = MemoryFeedPositions()
        self.webhooks = MemoryWebhookStore()
        self.deliveries = MemoryDeliveryStore()
        self.messenger = MemoryMessenger(self.clock)
        self.receivers = Receivers(self.clock)
        self.build()

    def build(self) -> None:
        """The services, as a process that starts makes them."""
        guard = self.guard
        log, positions, webhooks = guard(self.log), guard(self.positions), guard(self.webhooks)
        deliveries, messenger, outbox = guard(self.deliveries), guard(self.messenger), guard(self.outbox)
        outbound = self.receivers
        self.relay = RelayEvents(outbox, log, self.clock)
        self.fan_out = FanOutWebhooks(log, positions, webhooks, deliveries, messenger, self.clock)
        self.deliver = DeliverWebhook(log, webhooks, deliveries, outbound, messenger, self.clock)
        self.sweep = SweepWebhooks(deliveries, messenger, self.clock)
        self.service = Webhooks(
            self.webhooks,
            self.deliveries,
            self.log,
            outbound,
            self.fan_out,
            self.clock,
            MemoryTokenSource(4),
        )

    async def register(self, url: str, *events: EventType) -> Webhook:
        return await self.service.create(url, events or tuple(EventType), SECRET, "tester")

    async def hand_on(self) -> None:
        """What the timer `relay_events` does."""
        await self.relay.run()
        await self.fan_out.run()

    def wakes(self) -> list[WakeMessage]:
        """Messages that are due, taken off the queue."""
        return [parse(message) for message in self.messenger.take(Queue.WEBHOOKS)]

    async def work(self) -> int:
        """Deliver what is due until nothing is; how many messages that were."""
        done = 0
        while wakes := self.wakes():
            for wake in wakes:
                await self.deliver.run(wake)
                done += 1
        return done

    async def pass_time(self, most: timedelta = timedelta(days=10), *, sweep: bool = False) -> None:
        """Deliver, moving the clock to whatever is due next, until nothing waits."""
        end = self.clock.now() + most
        await self.work()
        while (due := self.messenger.next_due()) is not None and due <= end:
            self.clock.set(max(due, self.clock.now()))
            await self.work()
            if sweep:
                await self.sweep.run()


def parse(message: Message) -> WakeMessage:
    return WakeMessage.model_validate_json(message.body)
