"""From a change of a resource to a scan of it: once it has come to rest, and once for each such rest.

The resource's row says when its scan is due; every change moves that on and sends a message for the new time.
A message that comes before the row's time does nothing, as a later one is on its way. The row names the scan
before it starts, so that whoever repeats a step after a crash starts the same one.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.errors import InvalidRequestError
from shared.domain.page import Versioned
from shared.domain.principal import Principal, Role
from shared.domain.resource_changes import PendingRescan, ResourceChange, pending_rescan
from shared.domain.scan import ScanRequest, ScanType
from shared.ports.clock import Clock
from shared.ports.errors import StorageUnavailableError
from shared.ports.messaging import Message, Messenger, Queue
from shared.ports.rescan_store import RescanStore
from shared.scanners.base import Scanners
from shared.services.start_scan import DEFAULT_ENVIRONMENT, StartScan

log = logging.getLogger(__name__)

CALLER: Final = Principal("resource-changes", "Changes of resources", Role.OPERATOR)
EARLY: Final = timedelta(milliseconds=250)
LOST_AFTER: Final = timedelta(minutes=2)
_NETWORK: Final = "microsoft.network/"
_TRIES: Final = 20
_MOST: Final = 1_000
_AT_ONCE: Final = 16


class ChangeMessage(BaseModel):
    """Look whether this resource has come to rest."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    resource_id: str = Field(max_length=2048)


class ResourceChanges:
    """Handles the Event Grid function `resource_changed`, the queue `resource-changes`, and their sweep."""

    def __init__(
        self,
        rescans: RescanStore,
        start: StartScan,
        scanners: Scanners,
        messenger: Messenger,
        clock: Clock,
        quiet: timedelta,
    ) -> None:
        """`quiet`: a resource is at rest when nothing changed it for so long."""
        self._rescans = rescans
        self._start = start
        self._messenger = messenger
        self._clock = clock
        self._quiet = quiet
        self._scanners = scanners
        self._known: dict[str, bool] = {}

    async def note(self, change: ResourceChange) -> bool:
        """Remember a change. False: no rule looks at resources of this type.

        Raises:
            StorageUnavailableError, BrokerUnavailableError: the event is to be delivered again.
        """
        if not self._looks_at(change):
            return False
        for _ in range(_TRIES):
            stored = await self._rescans.get(change.resource_id)
            now = self._clock.now()
            if stored is None:
                row, etag = pending_rescan(change, now, self._quiet), None
            else:
                row, etag = stored.value.changed_again(now, self._quiet), stored.etag
            if await self._rescans.put(row, etag) is not None:
                await self._messenger.send([_message(row, now)])
                return True
        raise StorageUnavailableError("the resource's row is written by too many at once")

    async def note_all(self, changes: Iterable[ResourceChange]) -> int:
        """Remember changes, each resource once; how many resources some rule looks at.

        Raises:
            StorageUnavailableError, BrokerUnavailableError: some may be noted; all are to be delivered again.
        """
        once = {change.resource_id.lower(): change for change in changes}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def noted(change: ResourceChange) -> bool:
            async with gate:
                return await self.note(change)

        results = await asyncio.gather(*(noted(one) for one in once.values()), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return sum(result is True for result in results)

    async def run(self, message: ChangeMessage) -> str | None:
        """Start the scan of a resource that has come to rest; its id; None: nothing to do."""
        found = await self._rescans.get(message.resource_id)
        now = self._clock.now()
        if found is None or found.value.due_at > now + EARLY:
            return None
        if found.value.scan_id is None:
            decided = found.value.decided(now)
            etag = await self._rescans.put(decided, found.etag)
            if etag is None:
                return None  # somebody else decided on it, or it changed again and has another message
            found = Versioned(decided, etag)
        scan_id = found.value.scan_id
        try:
            await self._start.start(_request(found.value), CALLER, scan_id)
        except InvalidRequestError as error:
            log.warning("no scan of the changed %s: %s", found.value.type, error)
        await self._rescans.delete(found.value.resource_id, found.etag)
        return scan_id

    async def sweep(self) -> int:
        """Do what a lost message should have done; how many scans that started."""
        overdue = await self._rescans.overdue(self._clock.now() - LOST_AFTER, _MOST)
        started = [await self.run(ChangeMessage(resource_id=one.resource_id)) for one in overdue]
        return len([one for one in started if one is not None])

    def _looks_at(self, change: ResourceChange) -> bool:
        known = self._known.get(change.type)
        if known is None:
            scanner = self._scanners.of(_request(change))
            known = scanner is not None and change.type in {
                "/".join(kind.split("/")[:2]) for kind in scanner.reading.types
            }
            if len(self._known) < _MOST:
                self._known[change.type] = known
        return known


def _request(changed: ResourceChange | PendingRescan) -> ScanRequest:
    network = changed.type.startswith(_NETWORK)
    return ScanRequest(
        # Together they run every rule, and neither asks for scanners that look at no resource.
        scan_type=ScanType.NETWORK if network else ScanType.COMPLIANCE_ONLY,
        environment=DEFAULT_ENVIRONMENT,
        subscriptions=(changed.subscription_id,),
        target_resources=(changed.resource_id,),
        after_change=True,
    )


def _message(pending: PendingRescan, now: datetime) -> Message:
    name = hashlib.sha256(f"{pending.resource_id.lower()}:{now.isoformat()}".encode()).hexdigest()[:40]
    body = ChangeMessage(resource_id=pending.resource_id)
    return Message(Queue.CHANGES, name, body.model_dump_json().encode(), pending.due_at - now)
