"""Composition of everything about events: feeds, webhooks, notifications, schedules, changes of resources."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.scan import NotificationChannel
from shared.ports.config_source import NotificationTargets
from shared.services.config import Configuration
from shared.services.config_source import DocumentConfigSource
from shared.services.deliver_webhook import DeliverWebhook
from shared.services.engine import Engine
from shared.services.event_queries import EventQueries
from shared.services.fan_out_webhooks import FEED as WEBHOOK_FEED
from shared.services.fan_out_webhooks import FanOutWebhooks
from shared.services.fire_schedules import FireSchedules
from shared.services.notify import FEED as NOTIFICATION_FEED
from shared.services.notify import NotificationFeed, SendNotification
from shared.services.publish_events import FEED as EVENT_GRID_FEED
from shared.services.publish_events import PublishEvents
from shared.services.relay_events import RelayEvents, TrimEvents
from shared.services.resource_changes import ResourceChanges
from shared.services.schedules import Schedules
from shared.services.start_scan import StartScan
from shared.services.sweep_webhooks import SweepWebhooks
from shared.services.webhooks import Webhooks
from shared.settings import Settings
from shared.settings_events import EventSettings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.data.tables.aio import TableServiceClient

    from shared.ports.messaging import EventPublisher
    from shared.ports.notifier import Notifier
    from shared.ports.outbound import Outbound


@dataclass(frozen=True, slots=True)
class EventParts:
    """What triggers and handlers use. `publish` is None without an Event Grid topic."""

    relay: RelayEvents
    trim: TrimEvents
    publish: PublishEvents | None
    queries: EventQueries
    fan_out: FanOutWebhooks
    deliver: DeliverWebhook
    sweep: SweepWebhooks
    webhooks: Webhooks
    schedules: Schedules
    fire: FireSchedules
    changes: ResourceChanges
    notification_feed: NotificationFeed
    notify: SendNotification


def open_events(
    settings: Settings,
    engine: Engine,
    tables: TableServiceClient,
    publisher: EventPublisher | None,
    start_scan: StartScan,
    configuration: Configuration,
    credential: Callable[[], AsyncTokenCredential],
    stack: AsyncExitStack,
) -> EventParts:
    """Build the parts; clients are closed with the stack."""
    from shared.adapters.outbound_http import GuardedOutbound  # noqa: PLC0415
    from shared.adapters.sealers import FernetSealer  # noqa: PLC0415
    from shared.adapters.tables.deliveries import TableDeliveryStore  # noqa: PLC0415
    from shared.adapters.tables.event_log import TableEventLog, TableFeedPositions  # noqa: PLC0415
    from shared.adapters.tables.rescans import TableRescanStore  # noqa: PLC0415
    from shared.adapters.tables.schedules import TableScheduleStore  # noqa: PLC0415
    from shared.adapters.tables.webhooks import TableWebhookStore  # noqa: PLC0415

    own = settings.events
    clock, messenger = engine.clock, engine.messenger
    log, positions = TableEventLog(tables), TableFeedPositions(tables)
    sealer = FernetSealer([key.get_secret_value() for key in own.sealing_keys])
    registrations, deliveries = TableWebhookStore(tables, sealer), TableDeliveryStore(tables)
    outbound = GuardedOutbound(allow_private=own.local)
    stack.push_async_callback(outbound.aclose)
    config = DocumentConfigSource(configuration, _targets(own), own.scan_interval_minutes)
    schedules = TableScheduleStore(tables)
    fan_out = FanOutWebhooks(log, positions, registrations, deliveries, messenger, clock)
    feeds = [WEBHOOK_FEED, NOTIFICATION_FEED, *([] if publisher is None else [EVENT_GRID_FEED])]
    return EventParts(
        relay=RelayEvents(engine.outbox, log, clock),
        trim=TrimEvents(log, positions, feeds, registrations, deliveries, own.keep, clock),
        publish=None if publisher is None else PublishEvents(log, positions, publisher),
        queries=EventQueries(log, clock),
        fan_out=fan_out,
        deliver=DeliverWebhook(log, registrations, deliveries, outbound, messenger, clock),
        sweep=SweepWebhooks(deliveries, messenger, clock),
        webhooks=Webhooks(registrations, deliveries, log, outbound, fan_out, clock, engine.tokens),
        schedules=Schedules(schedules, config, clock, engine.tokens, start_scan.check),
        fire=FireSchedules(schedules, engine.scans, start_scan, engine.inventory, config, clock),
        changes=ResourceChanges(
            TableRescanStore(tables), start_scan, engine.scanners, messenger, clock, own.rescan_quiet
        ),
        notification_feed=NotificationFeed(log, positions, engine.scans, messenger),
        notify=SendNotification(
            engine.scans,
            engine.results,
            _notifiers(own, outbound, credential),
            config,
            messenger,
            clock,
            settings.api.public_url,
        ),
    )


def _notifiers(
    settings: EventSettings, outbound: Outbound, credential: Callable[[], AsyncTokenCredential]
) -> dict[NotificationChannel, Notifier]:
    from shared.adapters.notifiers.email_communication import CommunicationNotifier  # noqa: PLC0415
    from shared.adapters.notifiers.email_smtp import SmtpNotifier  # noqa: PLC0415
    from shared.adapters.notifiers.slack import SlackNotifier  # noqa: PLC0415
    from shared.adapters.notifiers.teams import TeamsNotifier  # noqa: PLC0415

    notifiers: dict[NotificationChannel, Notifier] = {
        NotificationChannel.SLACK: SlackNotifier(outbound),
        NotificationChannel.TEAMS: TeamsNotifier(outbound),
    }
    email = settings.email
    if email is not None and email.endpoint is not None:
        notifiers[NotificationChannel.EMAIL] = CommunicationNotifier(
            outbound, email.endpoint, email.sender, credential
        )
    elif email is not None and email.smtp is not None:
        smtp = email.smtp
        notifiers[NotificationChannel.EMAIL] = SmtpNotifier(
            email.sender,
            smtp.host,
            smtp.port,
            user=smtp.user,
            password=None if smtp.password is None else smtp.password.get_secret_value(),
            implicit_tls=smtp.implicit_tls,
            plain=settings.local and smtp.host in ("localhost", "127.0.0.1", "::1"),
        )
    return notifiers


def _targets(settings: EventSettings) -> NotificationTargets:
    slack, teams = settings.slack_webhook, settings.teams_webhook
    return NotificationTargets(
        slack_webhook=None if slack is None else slack.get_secret_value(),
        teams_webhook=None if teams is None else teams.get_secret_value(),
        email_recipients=settings.email_recipients,
        least_severity=settings.notify_severity,
    )
