"""`target_resources` that a scan did not look at (contract A.ScanRequest): each is named, with the reason."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection

from shared.domain.coverage import ReadFailure
from shared.domain.plan_record import PlanRecord
from shared.domain.reading import DIRECTORY_PREFIX, scope_resource_id
from shared.scanners.base import Focus

NO_ARM_ID = "it is no id of Azure Resource Manager, and this build has no scanner of repositories or images"
NOT_IN_SCOPE = "asked for, and in no subscription that was read"
NOT_FOUND = "asked for, but not found among the resources that this scan reads"


def unread_targets(targets: Collection[str], record: PlanRecord) -> tuple[ReadFailure, ...]:
    """Targets of no subscription or directory that is read; the others are looked for in theirs."""
    found = []
    for target in targets:
        scope = _scope_of(target)
        if scope not in record.batch_of:
            reason = NOT_IN_SCOPE if scope else NO_ARM_ID
            found.append(ReadFailure(resource_id=target, type=None, reason=reason))
    return tuple(found)


def absent_targets(focus: Focus, scope_id: str, present: Collection[str]) -> list[ReadFailure]:
    """Targets in this subscription or directory that are not there: neither themselves nor anything below.

    Args:
        present: lower-cased ids of everything read in it.
    """
    own = [one for one in sorted(focus.resources) if one.startswith(scope_resource_id(scope_id) + "/")]
    ordered = sorted(present) if own else []
    return [
        ReadFailure(resource_id=target, type=None, reason=NOT_FOUND)
        for target in own
        if target not in present and not _any_below(target, ordered)
    ]


def _any_below(target: str, ordered: list[str]) -> bool:
    place = bisect_left(ordered, target + "/")
    return place < len(ordered) and ordered[place].startswith(target + "/")


def _scope_of(target: str) -> str:
    """The subscription or directory of an id, as the ledger names it; empty for what is no ARM id."""
    parts = target.lower().rstrip("/").split("/")
    if len(parts) < 3 or parts[0] or not parts[2]:
        return ""
    if parts[1] == "subscriptions":
        return parts[2]
    return DIRECTORY_PREFIX + parts[2] if parts[1] == "tenants" else ""
