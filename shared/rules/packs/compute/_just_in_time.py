"""Just-in-time access to machines that have a public address.

One list of the subscription has all policies: https://learn.microsoft.com/rest/api/defenderforcloud/jit-network-access-policies/list
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

POLICY: Final = "microsoft.security/locations/jitnetworkaccesspolicies"
INTERFACE: Final = "microsoft.network/networkinterfaces"

MANAGEMENT_PORTS: Final = frozenset({22, 3389, 5985, 5986})
"""SSH, RDP and WinRM: the ports that Defender for Cloud proposes.

https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-usage
"""

MACHINE_PATHS: Final = ("properties.networkProfile.networkInterfaces[*].id",)
INTERFACE_PATHS: Final = ("properties.ipConfigurations[*].properties.publicIPAddress.id",)
POLICY_PATHS: Final = ("properties.virtualMachines[*].id", "properties.virtualMachines[*].ports[*].number")


def guarded_machines(resources: SubscriptionResources) -> frozenset[str]:
    """Lower-cased ids of the machines that a policy names with a management port."""
    return frozenset(
        (text_at(one, "id") or "").lower()
        for policy in resources.of(POLICY)
        for one in entries_at(policy.columns, "properties.virtualMachines")
        if not MANAGEMENT_PORTS.isdisjoint(_ports(one))
    )


def judge_access(
    metadata: RuleMetadata,
    machine: ResourceColumns,
    resources: SubscriptionResources,
    guarded: frozenset[str],
) -> RuleResult:
    """A policy names the machine with a management port; it only applies to one with a public address."""
    if not _is_public(machine, resources):
        return RuleResult(metadata.rule_id, machine.id, RuleStatus.NOT_APPLICABLE)
    if machine.key in guarded:
        return judged(metadata, machine.id, ())
    doubt = resources.doubt(POLICY) or resources.unlisted(POLICY, resources.id)
    if doubt is not None:
        return judged(metadata, machine.id, (), doubt)
    words = f"{machine.name} has a public address, and no just-in-time policy guards its management ports"
    return judged(metadata, machine.id, [resource_finding(metadata, machine.id, words, {})])


def _is_public(machine: ResourceColumns, resources: SubscriptionResources) -> bool:
    unknown = None
    for entry in entries_at(machine.columns, "properties.networkProfile.networkInterfaces"):
        identity = text_at(entry, "id") or ""
        interface = resources.find(INTERFACE, identity)
        if interface is None:
            unknown = f"interface {identity.rsplit('/', 1)[-1]} was not read"
            continue
        configurations = entries_at(interface.columns, "properties.ipConfigurations")
        if any(text_at(one, "properties.publicIPAddress.id") for one in configurations):
            return True
    if unknown is not None:
        raise ColumnError(unknown)
    return False


def _ports(machine: Mapping[str, Any]) -> Iterator[int]:
    for number, port in enumerate(entries_at(machine, "ports")):
        found = value_at(port, "number")
        if isinstance(found, bool) or not isinstance(found, int):
            raise ColumnError(f"ports[{number}].number: not a number")
        yield found
