"""Composition: the only place that names concrete adapters. Built once per process, inside its event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shared.container_events import EventParts, open_events
from shared.domain.join import Pace
from shared.services.api_keys import ApiKeys
from shared.services.application import Application
from shared.services.authentication import BearerAuthentication
from shared.services.config import Configuration
from shared.services.configured_keys import ConfiguredKeys
from shared.services.engine import ConfirmationLimits, Engine
from shared.services.failed_attempts import FailedAttempts
from shared.services.finding_changes import FindingChanges
from shared.services.finding_queries import FindingQueries
from shared.services.idempotency import IdempotentCalls
from shared.services.posture_queries import PostureQueries
from shared.services.rate_limits import RateLimits
from shared.services.scan_control import ScanControl
from shared.services.scan_queries import ScanQueries
from shared.services.start_scan import StartScan
from shared.services.suppressions import Suppressions
from shared.settings import AzureSettings, KeyCommandSettings, Settings, StorageSettings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.data.tables.aio import TableServiceClient
    from azure.servicebus.aio import ServiceBusClient
    from azure.storage.blob.aio import BlobServiceClient

    from shared.ports.authentication import Authenticator, TokenVerifier
    from shared.ports.clock import Clock, TokenSource
    from shared.ports.identity import AuditLog
    from shared.ports.inventory import Inventory
    from shared.ports.messaging import EventPublisher
    from shared.ports.reads import AzureReads
    from shared.ports.stores import FindingRepair
    from shared.settings_identity import EntraSettings

log = logging.getLogger(__name__)


class Container:
    """The wired product: what HTTP handlers, queue functions and timers use."""

    def __init__(
        self,
        application: Application,
        engine: Engine,
        events: EventParts,
        finding_lists: FindingRepair,
        stack: AsyncExitStack,
    ) -> None:
        self.application = application
        self.finding_lists = finding_lists
        self.engine = engine
        self.events = events
        self._stack = stack

    async def aclose(self) -> None:
        """Close every client."""
        await self._stack.aclose()


class ContainerSource:
    """Opens the container at first use and hands out the same one ever after."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._container: Container | None = None
        self._lock = asyncio.Lock()

    async def container(self) -> Container:
        """The container.

        Raises:
            SettingsError: the environment is not a valid configuration.
        """
        if self._container is None:
            async with self._lock:
                if self._container is None:
                    self._container = await open_container(Settings.from_environment(self._environment))
        return self._container

    async def application(self) -> Application:
        """What HTTP handlers use."""
        return (await self.container()).application

    async def aclose(self) -> None:
        """Close the container if it was opened."""
        if self._container is not None:
            await self._container.aclose()
            self._container = None


async def open_container(settings: Settings) -> Container:
    """Build every adapter from the settings. Heavy imports happen here, not at the import of the app."""
    from shared.adapters.blobs import AzureBlobStore  # noqa: PLC0415
    from shared.adapters.clock import SecretsTokenSource, SystemClock  # noqa: PLC0415
    from shared.adapters.probes import BrokerProbe, StorageProbe  # noqa: PLC0415
    from shared.adapters.sealers import FernetSealer  # noqa: PLC0415
    from shared.adapters.service_bus import ServiceBusMessenger  # noqa: PLC0415
    from shared.adapters.tables.config import TableConfigStore  # noqa: PLC0415
    from shared.adapters.tables.finding_history import TableFindingHistoryStore  # noqa: PLC0415
    from shared.adapters.tables.findings import TableFindingStore  # noqa: PLC0415
    from shared.adapters.tables.idempotency import TableIdempotencyStore  # noqa: PLC0415
    from shared.adapters.tables.outbox import TableEventOutbox  # noqa: PLC0415
    from shared.adapters.tables.plans import TablePlanStore  # noqa: PLC0415
    from shared.adapters.tables.postures import TablePostureStore  # noqa: PLC0415
    from shared.adapters.tables.scan_results import TableScanResultStore  # noqa: PLC0415
    from shared.adapters.tables.scans import TableScanStore  # noqa: PLC0415
    from shared.adapters.tables.suppressions import TableSuppressionStore  # noqa: PLC0415
    from shared.frameworks.registry import rules_of  # noqa: PLC0415
    from shared.rules.resources import RuleSettings  # noqa: PLC0415
    from shared.scanners.registry import BuiltScanners  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        identity = _Identity(settings.azure, stack)
        tables = await _tables(settings.storage, identity, stack)
        blobs = await _blobs(settings, identity, stack)
        broker = await _broker(settings, identity, stack)
        scan = settings.scan
        inventory, reads = await _azure(settings, identity, stack)
        messenger = ServiceBusMessenger(broker)
        stack.push_async_callback(messenger.aclose)
        findings = TableFindingStore(tables)
        engine = Engine(
            scans=TableScanStore(tables),
            plans=TablePlanStore(tables),
            findings=findings,
            history=TableFindingHistoryStore(tables),
            suppressions=TableSuppressionStore(tables),
            results=TableScanResultStore(tables),
            outbox=TableEventOutbox(tables),
            blobs=AzureBlobStore(blobs, settings.storage.blob_container),
            messenger=messenger,
            inventory=inventory,
            postures=TablePostureStore(tables),
            clock=SystemClock(),
            tokens=SecretsTokenSource(),
            scanners=BuiltScanners(
                settings=RuleSettings(expiring_within=timedelta(days=scan.expiring_days)),
                opted_in=scan.read_app_settings,
                rules_of_framework=rules_of,
                confirm=scan.confirm is not None,
            ),
            reads=reads,
            confirm=None
            if scan.confirm is None
            else ConfirmationLimits(packets=scan.confirm.packets, seconds=scan.confirm.seconds),
            pace=Pace(
                shortest=timedelta(seconds=scan.check_min_seconds),
                longest=timedelta(seconds=scan.check_max_seconds),
                stall=timedelta(seconds=scan.stall_seconds),
            ),
            page_size=scan.page_size,
        )
        publisher = await _publisher(settings, identity, stack)
        callers = await open_callers(settings, tables, stack)
        sealer = FernetSealer([key.get_secret_value() for key in settings.events.sealing_keys])
        configuration = Configuration(TableConfigStore(tables, sealer), engine.clock, scan.environments)
        start_scan = StartScan(engine, configuration.environments, configuration.expiring_days)
        events = open_events(
            settings, engine, tables, publisher, start_scan, configuration, identity.credential, stack
        )
        application = Application(
            settings=settings,
            start_scan=start_scan,
            scan_control=ScanControl(engine),
            scan_queries=ScanQueries(engine),
            finding_queries=FindingQueries(engine.findings),
            finding_changes=FindingChanges(engine.findings, engine.history),
            suppressions=Suppressions(engine),
            configuration=configuration,
            idempotency=IdempotentCalls(TableIdempotencyStore(tables), engine.clock),
            posture_queries=PostureQueries(engine),
            rules={
                rule.rule_id: rule for rule in sorted(engine.scanners.rules(), key=lambda one: one.rule_id)
            },
            scanners=engine.scanners,
            authenticator=callers.authenticator,
            failed_attempts=callers.failed_attempts,
            rate_limits=callers.rate_limits,
            audit=callers.audit,
            api_keys=callers.api_keys,
            webhooks=events.webhooks,
            event_queries=events.queries,
            resource_changes=events.changes,
            schedules=events.schedules,
            probes=(StorageProbe(tables), BrokerProbe(broker)),
            clock=engine.clock,
            tokens=engine.tokens,
        )
        return Container(application, engine, events, findings, stack.pop_all())
    raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True)
class Callers:
    """Everything that knows callers."""

    authenticator: Authenticator
    failed_attempts: FailedAttempts
    rate_limits: RateLimits
    audit: AuditLog
    api_keys: ApiKeys


async def open_callers(
    settings: Settings, tables: TableServiceClient, stack: AsyncExitStack, clock: Clock | None = None
) -> Callers:
    """Build what authenticates, counts and records callers; clients are closed with the stack."""
    from shared.adapters.clock import SecretsTokenSource, SystemClock  # noqa: PLC0415
    from shared.adapters.tables.api_keys import TableApiKeyStore  # noqa: PLC0415
    from shared.adapters.tables.audit import TableAuditLog  # noqa: PLC0415
    from shared.adapters.tables.quotas import TableQuotaStore  # noqa: PLC0415

    identity = settings.identity
    clock = clock or SystemClock()
    pepper = identity.pepper.get_secret_value()
    api_keys = ApiKeys(TableApiKeyStore(tables), pepper, clock, SecretsTokenSource())
    configured = ConfiguredKeys([(entry.key.get_secret_value(), entry.principal) for entry in identity.keys])
    verifiers: list[TokenVerifier] = [configured, api_keys]
    if identity.entra is not None:
        verifiers.append(_entra(identity.entra, clock, stack))
    return Callers(
        authenticator=BearerAuthentication(verifiers),
        failed_attempts=FailedAttempts(identity.failed_attempts, clock),
        rate_limits=RateLimits(TableQuotaStore(tables), clock),
        audit=TableAuditLog(tables),
        api_keys=api_keys,
    )


async def open_key_desk(
    settings: KeyCommandSettings, stack: AsyncExitStack
) -> tuple[ApiKeys, AuditLog, Clock, TokenSource]:
    """What the command that makes the first key needs; clients are closed with the stack."""
    from shared.adapters.clock import SecretsTokenSource, SystemClock  # noqa: PLC0415
    from shared.adapters.tables.api_keys import TableApiKeyStore  # noqa: PLC0415
    from shared.adapters.tables.audit import TableAuditLog  # noqa: PLC0415

    tables = await _tables(settings.storage, _Identity(settings.azure, stack), stack)
    clock, source = SystemClock(), SecretsTokenSource()
    keys = ApiKeys(TableApiKeyStore(tables), settings.pepper.get_secret_value(), clock, source)
    return keys, TableAuditLog(tables), clock, source


def _entra(settings: EntraSettings, clock: Clock, stack: AsyncExitStack) -> TokenVerifier:
    from shared.adapters.entra.openid_metadata import OpenIdMetadata  # noqa: PLC0415
    from shared.adapters.entra.tokens import EntraTrust  # noqa: PLC0415
    from shared.adapters.entra.verifier import EntraTokens  # noqa: PLC0415

    source = OpenIdMetadata()
    stack.push_async_callback(source.aclose)
    trust = EntraTrust(
        authority=settings.authority,
        v1_issuer=settings.v1_issuer,
        tenants=settings.tenants,
        audiences=settings.audiences,
        default_tier=settings.default_tier,
        tiers=settings.tiers,
    )
    tokens = EntraTokens(trust, source, clock)
    stack.push_async_callback(tokens.aclose)
    return tokens


class _Identity:
    """The app's own identity, opened only when something needs it."""

    def __init__(self, azure: AzureSettings, stack: AsyncExitStack) -> None:
        self._azure = azure
        self._stack = stack
        self._credential: AsyncTokenCredential | None = None

    def credential(self) -> AsyncTokenCredential:
        """The credential of the settings; closed with the container."""
        from shared.adapters.azure.clouds import cloud_named  # noqa: PLC0415
        from shared.adapters.azure.credentials import open_credential  # noqa: PLC0415

        if self._credential is None:
            azure = self._azure
            opened = open_credential(
                azure.credential.value, cloud_named("public"), client_id=azure.identity_client_id
            )
            self._stack.push_async_callback(opened.close)
            self._credential = opened
        return self._credential


async def _tables(storage: StorageSettings, identity: _Identity, stack: AsyncExitStack) -> TableServiceClient:
    from shared.adapters.storage_clients import table_service  # noqa: PLC0415

    if storage.connection_string is not None:
        client = table_service(connection_string=storage.connection_string.get_secret_value())
    else:
        client = table_service(endpoint=storage.table_service_uri or "", credential=identity.credential())
    return await stack.enter_async_context(client)


async def _blobs(settings: Settings, identity: _Identity, stack: AsyncExitStack) -> BlobServiceClient:
    from shared.adapters.storage_clients import blob_service  # noqa: PLC0415

    storage = settings.storage
    if storage.connection_string is not None:
        client = blob_service(connection_string=storage.connection_string.get_secret_value())
    else:
        client = blob_service(endpoint=storage.blob_service_uri or "", credential=identity.credential())
    return await stack.enter_async_context(client)


async def _broker(settings: Settings, identity: _Identity, stack: AsyncExitStack) -> ServiceBusClient:
    from shared.adapters.service_bus import service_bus_client  # noqa: PLC0415

    broker = settings.service_bus
    if broker.connection_string is not None:
        client = service_bus_client(connection_string=broker.connection_string.get_secret_value())
    else:
        client = service_bus_client(
            fully_qualified_namespace=broker.fully_qualified_namespace or "",
            credential=identity.credential(),
        )
    return await stack.enter_async_context(client)


async def _azure(
    settings: Settings, identity: _Identity, stack: AsyncExitStack
) -> tuple[Inventory, AzureReads]:
    """Azure as the app's identity sees it; both share the quotas of each subscription."""
    from shared.adapters.azure.clouds import cloud_named  # noqa: PLC0415
    from shared.adapters.azure.inventory import AzureInventory  # noqa: PLC0415
    from shared.adapters.azure.pipeline import ArmPipeline  # noqa: PLC0415
    from shared.adapters.azure.quota import SubscriptionQuotas  # noqa: PLC0415
    from shared.adapters.azure.reads import open_reads  # noqa: PLC0415

    azure, cloud, credential = settings.azure, cloud_named("public"), identity.credential()
    arm = ArmPipeline(credential, cloud, base_url=azure.arm_url, audience=azure.arm_audience)
    quotas = SubscriptionQuotas()
    inventory = AzureInventory(arm, subscription_quotas=quotas)
    stack.push_async_callback(inventory.aclose)
    reads = open_reads(
        credential,
        cloud,
        arm,
        quotas,
        graph_url=azure.graph_url,
        graph_audience=azure.graph_audience,
        vault_url=azure.vault_url,
    )
    stack.push_async_callback(reads.aclose)
    return inventory, reads


async def _publisher(settings: Settings, identity: _Identity, stack: AsyncExitStack) -> EventPublisher | None:
    if settings.event_grid is None:
        return None
    from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415
    from azure.eventgrid.aio import EventGridPublisherClient  # noqa: PLC0415

    from shared.adapters.event_grid import EventGridPublisher  # noqa: PLC0415

    topic = settings.event_grid
    credential: Any = (
        identity.credential()
        if topic.topic_key is None
        else AzureKeyCredential(topic.topic_key.get_secret_value())
    )
    client = await stack.enter_async_context(EventGridPublisherClient(topic.topic_endpoint, credential))
    return EventGridPublisher(client, "/security-copilot")


ContainerGetter = Callable[[], Awaitable[Container]]
"""How triggers ask for the container."""
