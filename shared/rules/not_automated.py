"""Checks of the catalogue that no rule decides, and why: a rule claims only what it can tell."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MANUAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "compute.approved_extensions": "Which extensions are approved is written in no resource.",
        "databricks.pat_expiry": "The longest lifetime of tokens is a setting inside the workspace.",
        "databricks.scim": "Provisioning is a setting of the Databricks account, behind its own API.",
        "databricks.worker_encryption": (
            "Encryption between workers is set by a script inside the workspace; no property of Azure tells."
        ),
        "defender.storage_alerts_watched": "Whether somebody looks at alerts is written in no resource.",
        "identity.guest_review": "Whether people looked at the guests and decided is their act.",
        "identity.mfa_remember_devices": "The settings of per-user MFA stand in no documented API.",
        "identity.sspr_methods": "The number of methods a password reset needs stands in no documented API.",
        "keyvault.managed_hsm": "Whether a workload must have a managed HSM is a decision of people.",
        "logging.no_basic_sku": "Which resources are production, and must be monitored, is written nowhere.",
        "network.publicip.inventory_reviewed": "Whether an address is approved is written in no resource.",
        "network.vnet.peering_scope": "There is no list of approved networks to compare with.",
        "storage.readonly_lock": "Whether a read-only lock was considered is a decision of people.",
    }
)
"""A person can answer these."""

DROPPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "compute.privileged_vm_mfa": (
            "It joins role assignments of a subscription with the sign-in methods of a directory's users, "
            "which are scanned apart; identity.mfa_privileged_users and the MFA policies are judged instead."
        ),
    }
)
"""Not decided here, and no question for a person either."""
