"""Machines and the backup items of Recovery Services vaults.

A vault backs up machines of its own subscription:
https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas. States of an item:
https://learn.microsoft.com/rest/api/backup/backup-protected-items/list (AzureIaaSVMProtectedItem).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

VAULT: Final = "microsoft.recoveryservices/vaults"
ITEM: Final = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
_SOURCES: Final = ("properties.sourceResourceId", "properties.virtualMachineId")
_STATE: Final = "properties.protectionState"
_DELETED: Final = "properties.isScheduledForDeferredDelete"
_MANAGED: Final = "properties.backupManagementType"
ITEM_PATHS: Final = (*_SOURCES, _STATE, _DELETED, _MANAGED)

_AT_REST: Final = {"protectionstopped", "protectionpaused", "backupssuspended"}
"""States in which no new backup is made."""

_KNOWN: Final = _AT_REST | {"irpending", "protected", "protectionerror"}


class Backups(NamedTuple):
    """What the vaults of a subscription hold."""

    by_machine: Mapping[str, Sequence[ResourceColumns]]
    """Lower-cased id of a machine -> its items."""
    doubt: str | None
    """Why there may be more."""


def backups_of(resources: SubscriptionResources) -> Backups:
    """The items of machines, by machine."""
    found: dict[str, list[ResourceColumns]] = {}
    for one in resources.of(ITEM):
        if _is_of_machines(one):
            for source in {(text_at(one.columns, path) or "").lower() for path in _SOURCES}:
                found.setdefault(source, []).append(one)
    doubts = (resources.unlisted(ITEM, vault.id) for vault in resources.of(VAULT))
    doubt = next((one for one in doubts if one is not None), None)
    return Backups(found, doubt or resources.doubt(VAULT) or resources.doubt(ITEM))


def judge_backup(
    metadata: RuleMetadata, machine: ResourceColumns, resources: SubscriptionResources, backups: Backups
) -> RuleResult:
    """A vault holds an item of the machine for which backups are made."""
    items = backups.by_machine.get(machine.key, ())
    states = [_state(one) for one in items]
    if any(state not in _AT_REST for state in states):
        return judged(metadata, machine.id, ())
    if backups.doubt is not None:
        return judged(metadata, machine.id, (), backups.doubt)
    how = f"its backup is at rest ({', '.join(sorted(set(states)))})" if states else "no vault backs it up"
    evidence = {"items": [one.id for one in items]}
    finding = resource_finding(metadata, machine.id, f"{machine.name}: {how}", evidence)
    return judged(metadata, machine.id, [finding])


def _is_of_machines(item: ResourceColumns) -> bool:
    """Databases in a machine have items of their own, with the machine as their source."""
    return (text_at(item.columns, _MANAGED) or "AzureIaasVM").lower() == "azureiaasvm"


def _state(item: ResourceColumns) -> str:
    if value_at(item.columns, _DELETED) is True:
        return "protectionstopped"
    state = (text_at(item.columns, _STATE) or "").lower()
    if state not in _KNOWN:
        raise ColumnError(f"{item.name}: {_STATE}: missing or unknown")
    return state
