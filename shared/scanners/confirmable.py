"""Which findings Azure is asked to confirm: critical ones that say it is certain who reaches an interface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from shared.domain.exposure import Protocol
from shared.domain.finding import Observation
from shared.domain.probe import Probe, Unaskable
from shared.domain.severity import Severity
from shared.exposure.intervals import Intervals
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.ports import parse_ports
from shared.exposure.probes import probes_of
from shared.exposure.projection import INTERFACE_TYPE
from shared.scanners.base import Confirmable
from shared.scanners.needs import Need, PermissionKind

EFFECTIVE_GROUPS_ACTION: Final = "Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action"
IP_FLOW_ACTION: Final = "Microsoft.Network/networkWatchers/ipFlowVerify/action"
"""Microsoft Learn, "Azure RBAC permissions required to use Network Watcher capabilities"."""

CONFIRMATION_NEEDS: Final = (
    Need(PermissionKind.ACTION, EFFECTIVE_GROUPS_ACTION, (INTERFACE_TYPE,), (), optional=True),
    Need(PermissionKind.ACTION, IP_FLOW_ACTION, ("microsoft.network/networkwatchers",), (), optional=True),
)

MOST_PATHS: Final = 4
"""Packets that are tried for one finding."""


def confirmable_findings(
    network: SubscriptionNetwork, observations: Iterable[Observation]
) -> list[Confirmable]:
    """The critical findings whose evidence names paths to interfaces, and the packets to ask about."""
    found = []
    for observation in observations:
        if observation.severity is not Severity.CRITICAL:
            continue
        evidence = observation.evidence
        rows = evidence.get("exposures")
        if not rows:
            continue
        paths = _told_apart(probes_of(network, frozenset(rows), _ports(evidence.get("ports"))))
        if paths:
            complete = len(paths) <= MOST_PATHS and evidence.get("exposures_total") == len(rows)
            found.append(Confirmable(observation.fingerprint, tuple(paths[:MOST_PATHS]), complete))
    return sorted(found, key=lambda one: one.fingerprint)


def _told_apart(paths: Iterable[Probe | Unaskable]) -> list[Probe | Unaskable]:
    """Each once, those first of which Azure can be asked."""
    return sorted(dict.fromkeys(paths), key=lambda one: (isinstance(one, Unaskable), one.exposure))


def _ports(evidence: Any) -> Mapping[Protocol, Intervals]:
    if not isinstance(evidence, Mapping):
        return {}
    return {Protocol(name): parse_ports(tuple(texts)) for name, texts in evidence.items()}
