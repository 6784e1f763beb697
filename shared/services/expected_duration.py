"""How long a scan is expected to take: as long as the latest of the same scope took (contract C-29)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from shared.domain.page import PageRequest
from shared.domain.scan import ScanRequest, ScanStatus
from shared.ports.stores import ScanStore

FIRST_ESTIMATE: Final = timedelta(seconds=122)
"""Without history: the seed's own example."""

HISTORY: Final = 50
"""Scans of the type, the latest, among which those of the same scope are looked for."""

AVERAGED: Final = 10
"""Of these, the latest are averaged: estates grow."""

_WORKED_THROUGH: Final = frozenset({ScanStatus.COMPLETED, ScanStatus.PARTIAL})


async def expected_duration(scans: ScanStore, request: ScanRequest) -> timedelta:
    """The mean of the latest scans of this type and scope that ended by themselves, in one run."""
    recent = await scans.page(PageRequest(limit=HISTORY), request.scan_type)
    scope = _scope(request)
    known = [
        one.duration_seconds
        for one in recent.items
        if one.duration_seconds is not None
        and one.status in _WORKED_THROUGH
        and one.run == 1
        and _scope(one.request) == scope
    ][:AVERAGED]
    if not known:
        return FIRST_ESTIMATE
    return timedelta(seconds=max(1, round(sum(known) / len(known))))


def _scope(request: ScanRequest) -> tuple[object, ...]:
    """What decides how much a scan of a type reads."""
    return (
        _names(request.subscriptions) if request.subscriptions is not None else None,
        (request.resource_group or "").lower(),
        _names(request.target_resources),
        _names(request.compliance_frameworks),
        _names(request.custom_rules),
    )


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(one.lower() for one in names)
