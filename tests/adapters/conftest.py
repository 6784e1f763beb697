"""Every store test runs against the in-memory twin and against Azure Storage (Azurite)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from cryptography.fernet import Fernet

from shared.adapters.blobs import AzureBlobStore
from shared.adapters.memory.blobs import MemoryBlobStore
from shared.adapters.memory.events import MemoryEventOutbox
from shared.adapters.memory.findings import MemoryFindingStore
from shared.adapters.memory.identity import MemoryApiKeyStore, MemoryAuditLog, MemoryQuotaStore
from shared.adapters.memory.lifecycle_stores import (
    MemoryConfigStore,
    MemoryFindingHistoryStore,
    MemoryIdempotencyStore,
    MemorySuppressionStore,
)
from shared.adapters.memory.plans import MemoryPlanStore
from shared.adapters.memory.postures import MemoryPostureStore
from shared.adapters.memory.scan_results import MemoryScanResultStore
from shared.adapters.memory.scans import MemoryScanStore
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.sealers import FernetSealer
from shared.adapters.storage_clients import blob_service, table_service
from shared.adapters.tables.api_keys import TableApiKeyStore
from shared.adapters.tables.audit import TableAuditLog
from shared.adapters.tables.config import TableConfigStore
from shared.adapters.tables.finding_history import TableFindingHistoryStore
from shared.adapters.tables.findings import TableFindingStore
from shared.adapters.tables.idempotency import TableIdempotencyStore
from shared.adapters.tables.outbox import TableEventOutbox
from shared.adapters.tables.plans import TablePlanStore
from shared.adapters.tables.postures import TablePostureStore
from shared.adapters.tables.quotas import TableQuotaStore
from shared.adapters.tables.scan_results import TableScanResultStore
from shared.adapters.tables.scans import TableScanStore
from shared.adapters.tables.suppressions import TableSuppressionStore
from shared.ports.blobs import BlobStore
from shared.ports.identity import ApiKeyStore, AuditLog, QuotaStore
from shared.ports.lifecycle_stores import (
    ConfigStore,
    FindingHistoryStore,
    IdempotencyStore,
    SuppressionStore,
)
from shared.ports.posture_store import PostureStore
from shared.ports.stores import EventOutbox, FindingStore, PlanStore, ScanResultStore, ScanStore


@dataclass
class Stores:
    """One backend's stores, empty."""

    scans: ScanStore
    plans: PlanStore
    findings: FindingStore
    results: ScanResultStore
    outbox: EventOutbox
    blobs: BlobStore
    api_keys: ApiKeyStore
    quotas: QuotaStore
    audit: AuditLog
    history: FindingHistoryStore
    suppressions: SuppressionStore
    config: ConfigStore
    attempts: IdempotencyStore
    postures: PostureStore


@pytest.fixture(params=["memory", "rows", pytest.param("azure", marks=pytest.mark.local_stack)])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param in ("memory", "rows"):
        findings: FindingStore = (
            MemoryFindingStore() if request.param == "memory" else TableFindingStore(MemoryTables())
        )
        yield Stores(
            MemoryScanStore(),
            MemoryPlanStore(),
            findings,
            MemoryScanResultStore(),
            MemoryEventOutbox(),
            MemoryBlobStore(),
            MemoryApiKeyStore(),
            MemoryQuotaStore(),
            MemoryAuditLog(),
            MemoryFindingHistoryStore(),
            MemorySuppressionStore(),
            MemoryConfigStore(),
            MemoryIdempotencyStore(),
            MemoryPostureStore(),
        )
        return
    async for built in azure_stores(request.getfixturevalue("storage_connection_string")):
        yield built


@pytest.fixture
async def azure(storage_connection_string: str) -> AsyncIterator[Stores]:
    """Only the real adapters, for what a twin has no counterpart of."""
    async for built in azure_stores(storage_connection_string):
        yield built


async def azure_stores(connection_string: str) -> AsyncIterator[Stores]:
    prefix = f"t{uuid.uuid4().hex[:12]}"
    tables = table_service(connection_string=connection_string)
    blobs = blob_service(connection_string=connection_string)
    async with tables, blobs:
        yield Stores(
            TableScanStore(tables, prefix=prefix),
            TablePlanStore(tables, prefix=prefix),
            TableFindingStore(tables, prefix=prefix),
            TableScanResultStore(tables, prefix=prefix),
            TableEventOutbox(tables, prefix=prefix),
            AzureBlobStore(blobs, prefix),
            TableApiKeyStore(tables, prefix=prefix),
            TableQuotaStore(tables, prefix=prefix),
            TableAuditLog(tables, prefix=prefix),
            TableFindingHistoryStore(tables, prefix=prefix),
            TableSuppressionStore(tables, prefix=prefix),
            TableConfigStore(tables, FernetSealer([Fernet.generate_key().decode()]), prefix=prefix),
            TableIdempotencyStore(tables, prefix=prefix),
            TablePostureStore(tables, prefix=prefix),
        )
        async for table in tables.list_tables():
            if table.name.startswith(prefix):
                await tables.delete_table(table.name)
        async for container in blobs.list_containers(name_starts_with=prefix):
            await blobs.delete_container(container.name)
