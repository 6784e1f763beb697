"""Registrations of webhooks: X-05."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import SecretStr

from shared.domain.errors import ConflictError, InvalidRequestError, NotFoundError, Reason, UnavailableError
from shared.domain.events import EventType
from shared.domain.ids import IdKind, make_id
from shared.domain.page import Page, PageRequest
from shared.domain.timestamps import whole_second
from shared.domain.webhook_signatures import message_key
from shared.domain.webhooks import MAX_WEBHOOKS, Delivery, Outcome, Webhook, WebhookSecret, planned
from shared.ports.clock import Clock, TokenSource
from shared.ports.errors import AlreadyExistsError, BrokerUnavailableError, MissingError, VersionConflictError
from shared.ports.event_log import EventLog
from shared.ports.outbound import Outbound, RefusedDestinationError
from shared.ports.webhook_stores import DeliveryStore, WebhookStore
from shared.services.deliver_webhook import attempt
from shared.services.fan_out_webhooks import FanOutWebhooks
from shared.services.webhook_body import envelope, headers_of

log = logging.getLogger(__name__)

REPLAY_MOST: Final = 1_000
"""Events that one call replays."""
TEST_EVENT: Final = "webhook.test"
_BATCH: Final = 200
_TRIES: Final = 8


Check = Callable[[Webhook], None]
"""Sees the registration that a write replaces, and may refuse by raising."""


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What a PATCH changes; None: as it is."""

    url: str | None = None
    events: tuple[EventType, ...] | None = None
    description: str | None = None
    signature_header: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events a replay queued, and the position to go on from when it stopped at its limit."""

    queued: int
    stopped_at: int | None


class Webhooks:
    """Use cases of administrators."""

    def __init__(
        self,
        store: WebhookStore,
        deliveries: DeliveryStore,
        log: EventLog,
        outbound: Outbound,
        fan_out: FanOutWebhooks,
        clock: Clock,
        tokens: TokenSource,
    ) -> None:
        self._store = store
        self._deliveries = deliveries
        self._log = log
        self._outbound = outbound
        self._fan_out = fan_out
        self._clock = clock
        self._tokens = tokens

    async def create(
        self,
        url: str,
        events: tuple[EventType, ...],
        secret: str,
        by: str,
        *,
        description: str | None = None,
        signature_header: str | None = None,
    ) -> Webhook:
        """Register a receiver; it gets what happens from now on.

        Raises:
            InvalidRequestError: a URL or a secret that cannot be used.
            ConflictError: there are MAX_WEBHOOKS already.
        """
        self._check_url(url)
        _check_secret(secret)
        if len(await self._store.all()) >= MAX_WEBHOOKS:
            raise ConflictError(f"There are {MAX_WEBHOOKS} webhooks already")
        now = whole_second(self._clock.now())
        draft = Webhook(
            webhook_id="",
            url=url,
            events=events,
            secrets=(WebhookSecret(value=SecretStr(secret)),),
            created_at=now,
            created_by=by,
            description=description,
            signature_header=signature_header,
            since=await self._log.end(),
        )
        for number in range(_TRIES):
            tail = self._tokens.token(6) if number else ""
            webhook = draft.model_copy(update={"webhook_id": make_id(IdKind.WEBHOOK, now, tail)})
            try:
                await self._store.insert(webhook)
            except AlreadyExistsError:
                continue
            return webhook
        raise UnavailableError("Too many webhooks were registered in this second. Try again.", retry_after=1)

    async def all(self) -> list[Webhook]:
        """Every registration, newest first."""
        return (await self._store.all())[::-1]

    async def get(self, webhook_id: str) -> Webhook:
        """One registration.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = await self._store.get(webhook_id)
        if found is None:
            raise NotFoundError("Webhook not found")
        return found.value

    async def change(self, webhook_id: str, change: WebhookChange, check: Check | None = None) -> Webhook:
        """Change members. Switched on again, it gets what happens from then on.

        Raises:
            NotFoundError, InvalidRequestError: as above.
        """
        if change.url is not None:
            self._check_url(change.url)
        end = await self._log.end() if change.active else 0
        now = self._clock.now()

        def changed(stored: Webhook) -> Webhook:
            given = {
                name: value
                for name in ("url", "events", "description", "signature_header")
                if (value := getattr(change, name)) is not None
            }
            new = stored.model_copy(update=given)
            if change.active is True and not stored.active:
                on = {"active": True, "since": end, "disabled_at": None, "disabled_reason": None}
                return new.model_copy(update=on)
            if change.active is False and stored.active:
                return new.disabled("switched off by an administrator", now)
            return new

        return await self._replace(webhook_id, changed, check)

    async def rotate_secret(self, webhook_id: str, secret: str, check: Check | None = None) -> Webhook:
        """Sign with another secret; the one so far signs beside it for 24 hours.

        Raises:
            NotFoundError, InvalidRequestError: as above.
        """
        _check_secret(secret)
        now = self._clock.now()
        return await self._replace(webhook_id, lambda stored: stored.rotated(secret, now), check)

    async def delete(self, webhook_id: str) -> None:
        """Remove a registration with its pending deliveries and its log.

        Raises:
            NotFoundError: there is none of that id.
        """
        await self.get(webhook_id)
        await self._store.delete(webhook_id)
        await self._deliveries.forget(webhook_id, None)
        try:
            await self._fan_out.removed(webhook_id)
        except BrokerUnavailableError:
            log.warning("rows that attempts under way write for the removed webhook %s stay", webhook_id)

    async def deliveries(self, webhook_id: str, request: PageRequest) -> Page[Delivery]:
        """The delivery log, newest event first.

        Raises:
            NotFoundError: there is no such webhook.
        """
        await self.get(webhook_id)
        return await self._deliveries.page(webhook_id, request)

    async def test(self, webhook_id: str) -> Outcome:
        """Send one test event now, outside all chains, and say what came of it.

        Raises:
            NotFoundError: there is no such webhook.
        """
        webhook = await self.get(webhook_id)
        now = self._clock.now()
        body = envelope(TEST_EVENT, now, {"webhook_id": webhook_id})
        name = f"{webhook_id}:{now.isoformat()}:{self._tokens.token(8)}"
        message_id = "msg_test" + hashlib.sha256(name.encode()).hexdigest()[:24]
        headers = headers_of(webhook, message_id, now, body)
        return await attempt(self._outbound, self._clock, webhook.url, headers, body)

    async def replay(self, webhook_id: str, since: datetime, position: int | None = None) -> Replayed:
        """Queue kept events of its types again, from `since` on or from behind `position`.

        Raises:
            NotFoundError: there is no such webhook.
            ConflictError: it is switched off.
            UnavailableError: the broker does not answer.
        """
        webhook = await self._replace(
            webhook_id, lambda stored: stored.model_copy(update={"replays": stored.replays + 1})
        )
        if not webhook.active:
            raise ConflictError("The webhook is switched off")
        chosen = webhook.model_copy(update={"since": 0})
        now, at, queued = self._clock.now(), position or 0, 0
        end = await self._log.end()
        while at < end and (entries := await self._log.after(at, _BATCH)):
            wanted = [one for one in entries if chosen.wants(one) and one.event.time >= since]
            room = wanted[: REPLAY_MOST - queued]
            try:
                await self._fan_out.start([planned(webhook, one, now, webhook.replays) for one in room])
            except BrokerUnavailableError as error:
                raise UnavailableError("The message broker does not answer. Try again later.") from error
            queued += len(room)
            if len(room) < len(wanted):
                return Replayed(queued, room[-1].position if room else at)
            at = entries[-1].position
        return Replayed(queued, None)

    async def _replace(
        self, webhook_id: str, change: Callable[[Webhook], Webhook], check: Check | None = None
    ) -> Webhook:
        for _ in range(_TRIES):
            found = await self._store.get(webhook_id)
            if found is None:
                raise NotFoundError("Webhook not found")
            if check is not None:
                check(found.value)
            try:
                return (await self._store.replace(change(found.value), found.etag)).value
            except VersionConflictError:
                continue
            except MissingError as error:
                raise NotFoundError("Webhook not found") from error
        raise UnavailableError("The webhook is being changed by others. Try again.", retry_after=1)

    def _check_url(self, url: str) -> None:
        try:
            self._outbound.check_url(url)
        except RefusedDestinationError as error:
            raise InvalidRequestError.of("url", Reason.INVALID_VALUE, f"URL {error}") from error


def _check_secret(secret: str) -> None:
    try:
        message_key(secret)
    except ValueError as error:
        raise InvalidRequestError.of(
            "secret", Reason.INVALID_FORMAT, "Secret must have base64 behind whsec_"
        ) from error
