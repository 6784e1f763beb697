"""Changes of resources as Azure announces them, and the scans that wait for a resource to come to rest. Pure.

Events of a subscription or resource group: `Microsoft.Resources.ResourceWriteSuccess` and
`ResourceDeleteSuccess`, with the id of the resource in `data.resourceUri`
(https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from shared.domain.ids import IdKind, make_id
from shared.domain.resource import parse_arm_id

CHANGES: Final = frozenset(
    {"Microsoft.Resources.ResourceWriteSuccess", "Microsoft.Resources.ResourceDeleteSuccess"}
)
MOST_QUIETS: Final = 10
"""Quiet times after which a resource that is written to all the time is scanned anyway."""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """A resource that was written or deleted: the outermost one, where the event names a child of it."""

    resource_id: str
    subscription_id: str
    type: str


def change_of(kind: str, data: object) -> ResourceChange | None:
    """The change that an event tells of; None for events of other kinds.

    Raises:
        ValueError: an event of these kinds that names no resource.
    """
    if kind not in CHANGES:
        return None
    uri = data.get("resourceUri") if isinstance(data, Mapping) else None
    if not isinstance(uri, str):
        raise ValueError("the event names no resource")
    outermost = _outermost(uri)
    parts = parse_arm_id(outermost)
    return ResourceChange(outermost, parts.subscription_id, parts.type)


def _outermost(resource_id: str) -> str:
    """`.../networkSecurityGroups/a` of `.../networkSecurityGroups/a/securityRules/b`."""
    segments = ("/" + resource_id.strip("/")).split("/")
    lowered = [segment.lower() for segment in segments]
    if "providers" not in lowered:
        raise ValueError("the event names no resource of a provider")
    return "/".join(segments[: lowered.index("providers") + 4])


class PendingRescan(BaseModel):
    """A changed resource that is to be scanned at `due_at`; `scan_id` once a scan of it was decided on."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    resource_id: str
    subscription_id: str
    type: str
    first_at: datetime
    due_at: datetime
    scan_id: str | None = None

    def changed_again(self, now: datetime, quiet: timedelta) -> PendingRescan:
        """Put off until it is quiet, but not for ever; a scan that was decided on does not count."""
        first = now if self.scan_id is not None else self.first_at
        due = max(self.due_at, min(now + quiet, first + MOST_QUIETS * quiet))
        return self.model_copy(update={"first_at": first, "due_at": max(due, now), "scan_id": None})

    def decided(self, now: datetime) -> PendingRescan:
        """With the id of its scan: the same whoever goes on from here."""
        text = f"{self.resource_id.lower()}:{self.due_at.isoformat()}"
        tail = hashlib.sha256(text.encode()).hexdigest()[:8]
        return self.model_copy(update={"scan_id": make_id(IdKind.SCAN, now, tail)})


def pending_rescan(change: ResourceChange, now: datetime, quiet: timedelta) -> PendingRescan:
    """The first change of a resource."""
    return PendingRescan(
        resource_id=change.resource_id,
        subscription_id=change.subscription_id,
        type=change.type,
        first_at=now,
        due_at=now + quiet,
    )
