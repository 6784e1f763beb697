"""What every step of the scan engine works with: stores, broker, inventory, clock, scanners, pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from shared.domain.join import Pace
from shared.domain.scan import Scan
from shared.ports.blobs import BlobStore
from shared.ports.clock import Clock, TokenSource
from shared.ports.inventory import Inventory
from shared.ports.lifecycle_stores import FindingHistoryStore, SuppressionStore
from shared.ports.messaging import Messenger
from shared.ports.posture_store import PostureStore
from shared.ports.reads import AzureReads
from shared.ports.stores import EventOutbox, FindingStore, PlanStore, ScanResultStore, ScanStore
from shared.scanners.base import Focus, Scanner, Scanners
from shared.scanners.wanted import WANTED

SUBSCRIPTIONS_PER_BATCH: Final = 100
"""Subscriptions listed in one Resource Graph query; Azure's advice is to stay below 300."""

SHARDS_PER_PAGE: Final = 90
"""Shards written with their page in one transaction of at most 100 rows."""

UPDATE_TRIES: Final = 20
"""How often a conditional write is tried against other writers before the message is given back."""


@dataclass(frozen=True, slots=True)
class ConfirmationLimits:
    """How much Azure is asked to confirm."""

    packets: int = 20
    """In one scan."""
    seconds: float = 60.0
    """For the packets of one subscription."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine's collaborators. Built once per process by the container."""

    scans: ScanStore
    plans: PlanStore
    findings: FindingStore
    history: FindingHistoryStore
    suppressions: SuppressionStore
    results: ScanResultStore
    outbox: EventOutbox
    blobs: BlobStore
    messenger: Messenger
    inventory: Inventory
    postures: PostureStore
    clock: Clock
    tokens: TokenSource
    scanners: Scanners
    reads: AzureReads
    pace: Pace = field(default_factory=Pace)
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    """Wait for so many seconds."""
    page_size: int | None = None
    confirm: ConfirmationLimits | None = None
    """None: Azure is not asked to confirm critical exposures."""

    def scanner_of(self, scan: Scan) -> Scanner | None:
        """What the scan runs of this build; None when it has nothing of what was asked for."""
        days = scan.expiring_days
        return self.scanners.of(scan.request, None if days is None else timedelta(days=days))

    def asked_scanners(self, scan: Scan) -> tuple[str, ...]:
        """Names of the scanners that the scan asks for, whether this build has them or not.

        Those of its type; where it names rules, those that run them.
        """
        scanner = self.scanner_of(scan) if scan.request.custom_rules else None
        return scanner.names if scanner is not None else WANTED[scan.request.scan_type]


def focus_of(scan: Scan, subscriptions: tuple[str, ...] = ()) -> Focus:
    """The part of each subscription that the scan asks for, and the subscriptions a listing was asked for."""
    return Focus(
        resource_group=scan.request.resource_group,
        resources=frozenset(target.lower().rstrip("/") for target in scan.request.target_resources),
        subscriptions=frozenset(one.lower() for one in subscriptions),
        neighbours=scan.request.after_change,
    )
