"""Managed disks: attached or not, and who holds the key.

https://learn.microsoft.com/rest/api/compute/disks/get
"""

from __future__ import annotations

from typing import Final

from shared.rules.expectations import any_of, is_one_of, is_set, negated

DISK: Final = "microsoft.compute/disks"
GET: Final = "https://learn.microsoft.com/rest/api/compute/disks/get"

is_attached: Final = any_of(
    is_set("managedBy"),
    is_one_of(
        "properties.diskState", "Attached", "Reserved", "Frozen", "ActiveSASFrozen", absent="Unattached"
    ),
)
"""A machine has the disk, running or not. A shared disk may have no `managedBy`: its state tells."""

is_unattached: Final = negated(is_attached, "a machine has the disk")

has_own_key: Final = is_one_of(
    "properties.encryption.type",
    "EncryptionAtRestWithCustomerKey",
    "EncryptionAtRestWithPlatformAndCustomerKeys",
    absent="EncryptionAtRestWithPlatformKey",
)
"""Encrypted with a customer-managed key; with the platform's unless said otherwise
(https://learn.microsoft.com/azure/virtual-machines/disk-encryption)."""
