"""Whether the internet reaches a workload, and what a finding about that says."""

from __future__ import annotations

from typing import Final

from shared.domain.exposure import Verdict
from shared.domain.finding import Observation
from shared.exposure.projection import NETWORK_TYPES, NSG_TYPE
from shared.rules.access.certainty import Certainty
from shared.rules.access.entries import Entry
from shared.rules.access.store_kinds import SQL, STORAGE, VAULT
from shared.rules.access.workloads import CLUSTER, MACHINE, SCALE_SET, SITE, SLOT
from shared.rules.columns import ColumnError
from shared.rules.estate import Estate
from shared.rules.resources import ResourceColumns

_SERVICES: Final = (STORAGE, VAULT, SQL, SITE, SLOT, CLUSTER)
MACHINE_NETWORK: Final = tuple(kind for kind in NETWORK_TYPES if kind not in _SERVICES)
"""What decides who reaches a machine."""
_OWN: Final = (*_SERVICES, NSG_TYPE)
"""Types of which one that was not read says so itself: its exposure rows are unverified."""

_LESS_SURE: Final = 0.7
"""What a risk score keeps when the way in, or a step of the path, rests on an assumption."""


def entries_to(resource: ResourceColumns, estate: Estate) -> tuple[Entry, ...]:
    """The internet's ways to a workload, the surest first.

    Raises:
        ColumnError: there is none, and not all of the network was read.
    """
    found = estate.entries.get(resource.key, ())
    if not found and resource.type in (MACHINE, SCALE_SET):
        for kind in MACHINE_NETWORK:
            doubt = estate.resources.incomplete.get(kind)
            if doubt is not None:
                raise ColumnError(f"who reaches {resource.name} is not known: {kind} was not read: {doubt}")
        for failure in estate.network.unreadable:
            kind = (failure.type or "").lower()
            if failure.resource_id is not None and kind in NETWORK_TYPES and kind not in _OWN:
                raise ColumnError(
                    f"who reaches {resource.name} is not known: {failure.resource_id}: {failure.reason}"
                )
    return found


def as_sure(finding: Observation, certainty: Certainty) -> Observation:
    """The finding, one severity lower where it is not proven."""
    evidence = {**finding.evidence, "verdict": certainty.verdict.value}
    if certainty is Certainty.READ:
        return finding.changed(evidence)
    unsure = "possible" if certainty.verdict is Verdict.POSSIBLE else "not verified"
    return finding.changed(
        evidence,
        severity=finding.severity.lowered(),
        risk_score=round(finding.risk_score * _LESS_SURE),
        description=f"{finding.description} ({unsure})",
    )
