"""Whole scans without the host: the engine's services over memory stores, reading the stand-in over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from samples.full import NOW
from shared.adapters.azure.clouds import cloud_named
from shared.adapters.azure.inventory import AzureInventory
from shared.adapters.azure.pipeline import ArmPipeline, PipelineLimits
from shared.adapters.azure.quota import SubscriptionQuotas, WindowQuota
from shared.adapters.azure.reads import open_reads
from shared.adapters.memory.blobs import MemoryBlobStore
from shared.adapters.memory.clock import MemoryClock, MemoryTokenSource
from shared.adapters.memory.events import MemoryEventOutbox
from shared.adapters.memory.findings import MemoryFindingStore
from shared.adapters.memory.lifecycle_stores import MemoryFindingHistoryStore, MemorySuppressionStore
from shared.adapters.memory.plans import MemoryPlanStore
from shared.adapters.memory.postures import MemoryPostureStore
from shared.adapters.memory.scan_results import MemoryScanResultStore
from shared.adapters.memory.scans import MemoryScanStore
from shared.domain.coverage import Coverage, ReadFailure
from shared.domain.finding import FrozenFinding
from shared.domain.page import PageRequest
from shared.domain.principal import Principal, Role
from shared.domain.scan import Scan, ScanRequest, ScanType
from shared.frameworks.registry import rules_of
from shared.ports.messaging import Message, Queue
from shared.ports.reads import AzureReads
from shared.scanners.base import Scanners
from shared.scanners.registry import BuiltScanners
from shared.services.check_scan import CheckScan
from shared.services.dead_letters import DeadLetters
from shared.services.engine import Engine
from shared.services.messages import CheckMessage, PlanMessage, ShardMessage
from shared.services.plan_scan import PlanScan
from shared.services.run_shard import RunShard
from shared.services.scan_queries import ScanQueries
from shared.services.start_scan import StartScan
from tests.e2e.stand_in import StandInProcess
from tests.unit.engine.simulation import known

CALLER = Principal("tester", "Tester", Role.OPERATOR)
DELIVERIES = 5
AT_ONCE = 4
PATIENT = PipelineLimits(backoff=0.01, longest_retry_after=0.05)
"""Retries as in production, without its pauses."""


@dataclass(frozen=True)
class Outcome:
    """A finished scan and everything that it says."""

    scan: Scan
    findings: tuple[FrozenFinding, ...]
    ledger: Coverage
    failures: tuple[ReadFailure, ...]

    def subjects(self) -> set[tuple[str, str, str]]:
        """(rule, subject, discriminator) of each finding, lower-cased."""
        observed = [one.observation for one in self.findings]
        return {(one.rule_id, one.resource_id.lower(), one.discriminator) for one in observed}

    def errors(self) -> dict[str, int]:
        """Errors of each rule that has any."""
        return {one.rule_id: one.errors for one in self.ledger.rules if one.errors}


class InProcess:
    """One engine; messages are delivered at once and again when their handler fails, as a broker does."""

    def __init__(self, inventory: Any, reads: AzureReads, scanners: Scanners, now: datetime) -> None:
        self._due: list[Message] = []
        self.dead = 0
        self.engine = Engine(
            scans=MemoryScanStore(),
            plans=MemoryPlanStore(),
            findings=MemoryFindingStore(),
            history=MemoryFindingHistoryStore(),
            suppressions=MemorySuppressionStore(),
            results=MemoryScanResultStore(),
            outbox=MemoryEventOutbox(),
            postures=MemoryPostureStore(),
            blobs=MemoryBlobStore(),
            messenger=self,
            inventory=inventory,
            clock=MemoryClock(now),
            tokens=MemoryTokenSource(),
            scanners=scanners,
            reads=reads,
        )

    async def send(self, messages: Sequence[Message]) -> None:
        """Take messages in; see `Messenger.send`."""
        self._due += messages

    async def aclose(self) -> None:
        """Nothing to release."""

    async def scan(self, scan_type: ScanType = ScanType.FULL, **request: Any) -> Outcome:
        """Start a scan and work until it is over."""
        wanted = ScanRequest(scan_type=scan_type, **request)
        scan_id = (await StartScan(self.engine, known()).start(wanted, CALLER)).scan_id
        gate = asyncio.Semaphore(AT_ONCE)
        while True:
            work = [one for one in self._due if one.queue is not Queue.CHECK] or self._due
            self._due = [one for one in self._due if one not in work]
            await asyncio.gather(*(self._deliver(one, gate) for one in work))
            found = await self.engine.scans.get(scan_id)
            assert found is not None
            if found.value.status.terminal:
                self._due.clear()
                return await self._outcome(scan_id)
            assert work, f"stuck: {found.value.status} {found.value.check}"

    async def _deliver(self, message: Message, gate: asyncio.Semaphore) -> None:
        async with gate:
            for _ in range(DELIVERIES):
                try:
                    await self._handle(message)
                except Exception as error:
                    last = error
                else:
                    return
            self.dead += 1
            await DeadLetters(self.engine).run(message.queue, message.body, str(last))

    async def _handle(self, message: Message) -> None:
        if message.queue is Queue.PLAN:
            await PlanScan(self.engine).run(PlanMessage.model_validate_json(message.body))
        elif message.queue is Queue.SHARDS:
            await RunShard(self.engine).run(ShardMessage.model_validate_json(message.body))
        else:
            await CheckScan(self.engine).run(CheckMessage.model_validate_json(message.body))

    async def _outcome(self, scan_id: str) -> Outcome:
        queries, whole = ScanQueries(self.engine), PageRequest(limit=1_000_000)
        results = await queries.results(scan_id, whole)
        coverage = await queries.coverage(scan_id, whole)
        return Outcome(
            results.scan,
            tuple(one.frozen for one in results.page.items),
            coverage.coverage,
            tuple(coverage.failures.items),
        )


@asynccontextmanager
async def in_process(
    stand_in: StandInProcess,
    *,
    scanners: Scanners | None = None,
    now: datetime = NOW,
    limits: PipelineLimits = PATIENT,
    wrap: Callable[[AzureReads], AzureReads] = lambda reads: reads,
) -> AsyncIterator[InProcess]:
    """An engine on a stand-in without quotas.

    Args:
        now: the moment at which everything is read: generated estates lay their dates around one.
        wrap: what stands between the engine and its reads.
    """
    async with AsyncExitStack() as stack:
        cloud, credential = cloud_named("public"), stand_in.credential()
        base = stand_in.base_url
        arm = ArmPipeline(credential, cloud, base_url=base, limits=limits)  # type: ignore[arg-type]
        quotas = SubscriptionQuotas(100_000, 100_000)
        inventory = AzureInventory(arm, quota=WindowQuota(100_000), subscription_quotas=quotas)
        stack.push_async_callback(inventory.aclose)
        reads = open_reads(
            credential,  # type: ignore[arg-type]
            cloud,
            arm,
            quotas,
            graph_url=f"{base}/graph",
            graph_audience="https://graph.microsoft.com",
            vault_url=f"{base}/vault",
            limits=limits,
        )
        stack.push_async_callback(reads.aclose)
        yield InProcess(
            inventory,
            wrap(reads),
            scanners or BuiltScanners(rules_of_framework=rules_of, opted_in=True),
            now.astimezone(UTC),
        )
