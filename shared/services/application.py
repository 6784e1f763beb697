"""What the HTTP handlers may use: the use cases and the few ports they need directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.domain.principal import Principal
from shared.domain.scan import Scan, ScanRequest
from shared.ports.authentication import Authenticator
from shared.ports.clock import Clock, TokenSource
from shared.ports.health import HealthProbe
from shared.ports.identity import AuditLog
from shared.rules.base import RuleMetadata
from shared.scanners.base import Scanners
from shared.services.api_keys import ApiKeys
from shared.services.config import Configuration
from shared.services.event_queries import EventQueries
from shared.services.failed_attempts import FailedAttempts
from shared.services.finding_changes import FindingChanges
from shared.services.finding_queries import FindingQueries
from shared.services.idempotency import IdempotentCalls
from shared.services.posture_queries import PostureQueries
from shared.services.rate_limits import RateLimits
from shared.services.resource_changes import ResourceChanges
from shared.services.scan_queries import ScanQueries
from shared.services.schedules import Schedules
from shared.services.suppressions import Suppressions
from shared.services.webhooks import Webhooks
from shared.settings import Settings


class StartScanService(Protocol):
    """Begins scans."""

    async def start(self, request: ScanRequest, principal: Principal, scan_id: str | None = None) -> Scan:
        """Record a scan and set it going; it is durable on return.

        `scan_id`: a scan of that id which is there already is the answer, and left to whoever began it.

        Raises:
            InvalidRequestError: unknown environment or unknown custom rule.
        """
        ...


class ScanControlService(Protocol):
    """Ends scans early and takes them up again."""

    async def cancel(self, scan_id: str, principal: Principal) -> Scan:
        """Ask a scan to end.

        Raises:
            NotFoundError: no such scan.
            ConflictError: it is over already.
        """
        ...

    async def resume(self, scan_id: str, principal: Principal) -> Scan:
        """Run again what has no success marker.

        Raises:
            NotFoundError: no such scan.
            ConflictError: it is running, or complete.
        """
        ...


@dataclass(frozen=True, slots=True)
class Application:
    """The wired product behind the HTTP surface. `rules` is keyed by rule id, in order of the ids."""

    settings: Settings
    start_scan: StartScanService
    scan_control: ScanControlService
    scan_queries: ScanQueries
    finding_queries: FindingQueries
    finding_changes: FindingChanges
    suppressions: Suppressions
    configuration: Configuration
    idempotency: IdempotentCalls
    posture_queries: PostureQueries
    rules: Mapping[str, RuleMetadata]
    scanners: Scanners
    authenticator: Authenticator
    failed_attempts: FailedAttempts
    rate_limits: RateLimits
    audit: AuditLog
    api_keys: ApiKeys
    webhooks: Webhooks
    event_queries: EventQueries
    resource_changes: ResourceChanges
    schedules: Schedules
    probes: tuple[HealthProbe, ...]
    clock: Clock
    tokens: TokenSource
