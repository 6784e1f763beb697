"""Projections on their way from collection to relation: columns of resources, what is known of lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.coverage import CoverageStatus, ReadFailure, TypeCoverage
from shared.domain.resource import Resource
from shared.exposure.network import NETWORK_TYPES, project
from shared.rules.columns import ColumnPlan
from shared.rules.resources import Listed, ResourceColumns

KIND: Final = "kind"
"""Key of a projection that is part of the network join: which part."""
_UNREADABLE: Final = "unreadable"
_TYPE: Final = "type"
_COLUMNS: Final = "columns"
_OWNER: Final = "of"
_LISTED: Final = "listed"

Projection = Mapping[str, Any]


def projected(resource: Resource, plan: ColumnPlan, *, network: bool, owner: str = "") -> Projection:
    """What relations need of a resource: the columns of the network join, and those of rules.

    Raises:
        UnreadableResourceError: a field of the network join is not as ARM documents it.
    """
    joined = project(resource) if network and resource.type in NETWORK_TYPES else {"id": resource.id}
    columns = plan.columns(resource)
    if columns is None:
        return joined
    kept = joined | {_TYPE: resource.type, _COLUMNS: columns}
    return kept | {_OWNER: owner} if owner else kept


def unreadable(resource_id: str, kind: str, reason: str) -> Projection:
    """Stands for a resource that could not be understood, or for a list below it that could not be read."""
    return {"id": resource_id, _TYPE: kind, _UNREADABLE: reason}


def listed(parent_id: str, kind: str) -> Projection:
    """Says that all resources of a type below this one were read."""
    return {"id": parent_id, _TYPE: kind, _LISTED: True}


@dataclass(slots=True)
class Sorted:
    """The projections of one subscription or directory by what they are."""

    network: list[Projection] = field(default_factory=list)
    resources: list[ResourceColumns] = field(default_factory=list)
    failures: list[ReadFailure] = field(default_factory=list)
    listed: Listed = field(default_factory=Listed)


def sort_projections(projections: Iterable[Projection], derived: Iterable[str]) -> Sorted:
    """Tell projections apart.

    Args:
        derived: types that are read below others, one list at a time.
    """
    found, done = Sorted(), set()
    for one in projections:
        if _UNREADABLE in one:
            found.failures.append(
                ReadFailure(resource_id=one["id"], type=one[_TYPE], reason=one[_UNREADABLE])
            )
        elif _LISTED in one:
            done.add((one[_TYPE], one["id"].lower()))
        else:
            if KIND in one:
                found.network.append(one)
            if one.get(_COLUMNS) is not None:
                found.resources.append(
                    ResourceColumns(one["id"], one[_TYPE], one[_COLUMNS], one.get(_OWNER, ""))
                )
    found.listed = Listed(frozenset(derived), frozenset(done))
    return found


def incomplete(asked: Iterable[TypeCoverage]) -> dict[str, str]:
    """Types of which not all was read, and why."""
    return {
        one.type: one.reason or one.status.value
        for one in asked
        if one.status not in (CoverageStatus.READ, CoverageStatus.SKIPPED)
    }


def counted(
    read: Mapping[tuple[str, str], int],
    failed: Mapping[tuple[str, str], int],
    reasons: Mapping[tuple[str, str], str] | None = None,
    denied: Sequence[tuple[str, str]] | frozenset[tuple[str, str]] = (),
) -> list[TypeCoverage]:
    """One row for each (scope, type) that was met.

    Args:
        reasons: why some failed.
        denied: those that failed for want of a permission.
    """
    rows = []
    for key in sorted({*read, *failed}):
        lost = failed.get(key, 0)
        status = CoverageStatus.PARTIAL if lost else CoverageStatus.READ
        rows.append(
            TypeCoverage(
                subscription_id=key[0],
                type=key[1],
                status=CoverageStatus.DENIED if lost and key in denied else status,
                asked=read.get(key, 0) + lost,
                read=read.get(key, 0),
                failed=lost,
                reason=(reasons or {}).get(key) if lost else None,
            )
        )
    return rows
