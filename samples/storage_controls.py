"""What hangs on a storage account: blob and file services, containers; and the account's own settings."""

from datetime import datetime, timedelta
from random import Random

from samples.arm import Resource
from samples.controls import ABSENT, Furnishing, Setting, child, own_draws, put, vary

KIND = "Microsoft.Storage/storageAccounts"

ACCOUNT = (
    Setting("storage.secure_transfer", "properties.supportsHttpsTrafficOnly", True, False, 0.05),
    Setting("storage.min_tls", "properties.minimumTlsVersion", "TLS1_2", "TLS1_0", 0.07),
    Setting("storage.blob_public_access", "properties.allowBlobPublicAccess", False, True, 0.12),
    Setting("storage.shared_key_disabled", "properties.allowSharedKeyAccess", False, True, 0.6),
    Setting("storage.cross_tenant_replication", "properties.allowCrossTenantReplication", False, True, 0.2),
    Setting("storage.default_entra_auth", "properties.defaultToOAuthAuthentication", True, False, 0.7),
    Setting("storage.infrastructure_encryption", "properties.encryption.requireInfrastructureEncryption",
            True, ABSENT, 0.8),
    Setting("storage.key_rotation_reminder", "properties.keyPolicy", {"keyExpirationPeriodInDays": 90},
            ABSENT, 0.5),
    Setting("storage.sas_policy", "properties.sasPolicy",
            {"sasExpirationPeriod": "00.01:00:00", "expirationAction": "Block"}, ABSENT, 0.8),
    Setting("storage.geo_redundant", "sku.name", "Standard_GRS", "Standard_LRS", 0.6),
)  # fmt: skip
BLOB_SERVICE = (
    Setting("storage.blob_soft_delete", "properties.deleteRetentionPolicy", {"enabled": True, "days": 14},
            {"enabled": False}, 0.3),
    Setting("storage.container_soft_delete", "properties.containerDeleteRetentionPolicy",
            {"enabled": True, "days": 14}, {"enabled": False}, 0.4),
    Setting("storage.blob_versioning", "properties.isVersioningEnabled", True, False, 0.6),
)  # fmt: skip
FILE_SERVICE = (
    Setting("storage.file_soft_delete", "properties.shareDeleteRetentionPolicy",
            {"enabled": True, "days": 14}, {"enabled": False}, 0.2),
    Setting("storage.smb_version", "properties.protocolSettings.smb.versions", "SMB3.1.1;",
            "SMB2.1;SMB3.0;SMB3.1.1;", 0.4),
    Setting("storage.smb_channel_encryption", "properties.protocolSettings.smb.channelEncryption",
            "AES-256-GCM;", "AES-128-CCM;AES-128-GCM;AES-256-GCM;", 0.5),
)  # fmt: skip
_CONTAINERS = ("logs", "media", "backups", "exports")
_KEY_AGES = (20, 60, 88, 120, 400)
"""Days since an access key was made: CIS asks for a new one every 90."""


def furnish(account: Resource, rng: Random, now: datetime) -> Furnishing:
    """The account's settings varied, the age of its keys, its services, and up to two containers."""
    done = Furnishing.empty()
    done.expectations += [
        one
        for one in vary(account, ACCOUNT, rng)
        # Where Shared Key is off, the keys open nothing and nobody need be reminded of them.
        if account["properties"]["allowSharedKeyAccess"] or one.rule_id != "storage.key_rotation_reminder"
    ]
    _date_keys(done, account, now)
    account["sku"]["tier"] = "Standard"
    base = {"sku": dict(account["sku"])}
    blob = child(account, f"{KIND}/blobServices", "default", {"cors": {"corsRules": []}}) | base
    files = child(account, f"{KIND}/fileServices", "default", {"cors": {"corsRules": []}}) | base
    done.add(blob, BLOB_SERVICE, rng, owner=account)
    done.add(files, FILE_SERVICE, rng, owner=account)
    opened = account["properties"]["allowBlobPublicAccess"]
    for name in rng.sample(_CONTAINERS, rng.randint(0, 2)):
        public = opened and rng.random() < 0.5
        container = child(blob, f"{KIND}/blobServices/containers", name, {"leaseState": "Available"})
        put(container, "properties.publicAccess", rng.choice(("Blob", "Container")) if public else "None")
        done.add(container)
        done.expect("storage.container_public_access", container, not public)
    return done


def _date_keys(done: Furnishing, account: Resource, now: datetime) -> None:
    rng = own_draws(account, "keys")
    ages = [rng.choice(_KEY_AGES) for _ in range(2)]
    put(account, "properties.creationTime", _moment(now - timedelta(days=500)))
    put(account, "properties.keyCreationTime", {
        f"key{number}": _moment(now - timedelta(days=age)) for number, age in enumerate(ages, start=1)
    })  # fmt: skip
    if account["properties"]["allowSharedKeyAccess"]:
        done.expect("storage.key_rotation_90d", account, max(ages) <= 90, now.date().isoformat())


def _moment(at: datetime) -> str:
    """As the storage resource provider writes times."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
