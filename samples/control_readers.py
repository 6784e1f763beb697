"""What the finished resources themselves say about each planted setting.

The readers know nothing of how a setting was planted: each looks at the raw resources, as an auditor would,
and answers whether the rule is kept.
"""

from collections.abc import Callable, Iterable
from typing import Any

from samples.arm import Resource


class View:
    """Resources by id, and the resources below an id; ids compare without regard to case."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_id = {one["id"].lower(): one for one in resources}
        self._below: dict[str, list[Resource]] = {}
        for key, one in self._by_id.items():
            owner = key.rpartition("/providers/")[0] if _is_extension(key) else key.rsplit("/", 2)[0]
            self._below.setdefault(owner, []).append(one)

    def at(self, resource_id: str) -> Resource:
        """The resource, an empty one for an id such as a subscription's."""
        return self._by_id.get(resource_id.lower(), {"id": resource_id, "properties": {}})

    def below(self, resource_id: str, kind: str) -> list[Resource]:
        """Direct children and extensions whose type ends in `kind`."""
        found = self._below.get(resource_id.lower(), [])
        return [one for one in found if one["type"].lower().endswith(kind.lower())]

    def of_type(self, kind: str) -> list[Resource]:
        """Every resource of a type."""
        return [one for one in self._by_id.values() if one["type"] == kind]


def _is_extension(key: str) -> bool:
    """Whether the last provider of an id has just one type and name behind it, and a scope before it."""
    scope, found, rest = key.rpartition("/providers/")
    return bool(found) and rest.count("/") == 2 and (scope.count("/") in (0, 2, 4) or "/providers/" in scope)


Reader = Callable[[View, Resource], bool]


def dig(resource: Resource, *path: str) -> Any:
    """The value under a path of members, None where one is missing."""
    value: Any = resource
    for member in path:
        value = value.get(member) if isinstance(value, dict) else None
    return value


def _has(*path: str, among: tuple[Any, ...]) -> Reader:
    return lambda _view, one: dig(one, *path) in among


def _child(kind: str, name: str, *path: str, among: tuple[Any, ...]) -> Reader:
    """Whether the child of that name has one of the values; a missing child has none."""

    def read(view: View, one: Resource) -> bool:
        found = [child for child in view.below(one["id"], kind) if child["name"].lower() == name.lower()]
        return bool(found) and dig(found[0], "properties", *path) in among

    return read


def _parameter(name: str, *values: str) -> Reader:
    return _child("/configurations", name, "value", among=values)


def _firewall_without(start: str, end: str) -> Reader:
    def read(view: View, one: Resource) -> bool:
        rules = [rule["properties"] for rule in view.below(one["id"], "/firewallRules")]
        return all((rule["startIpAddress"], rule["endIpAddress"]) != (start, end) for rule in rules)

    return read


def _plan(name: str) -> Reader:
    return _child("/pricings", name, "pricingTier", among=("Standard",))


def _healthy(key: str) -> Reader:
    return _child("/assessments", key, "status", "code", among=("Healthy",))


def _alert(operation: str) -> Reader:
    def read(view: View, one: Resource) -> bool:
        return any(
            alert["properties"]["enabled"]
            and one["id"] in alert["properties"]["scopes"]
            and any(part.get("equals") == operation for part in alert["properties"]["condition"]["allOf"])
            for alert in view.of_type("Microsoft.Insights/activityLogAlerts")
        )

    return read


def _keeps_audit_log(view: View, one: Resource) -> bool:
    settings = view.below(one["id"], "/diagnosticSettings")
    return any(log["enabled"] for setting in settings for log in setting["properties"]["logs"])


def _exports_all_categories(view: View, one: Resource) -> bool:
    logs = [
        log["category"]
        for setting in view.below(one["id"], "/diagnosticSettings")
        for log in setting["properties"]["logs"]
        if log["enabled"]
    ]
    return {"Administrative", "Security", "Alert", "Policy"} <= set(logs)


def _has_expiry(_view: View, one: Resource) -> bool:
    return "exp" in one["properties"]["attributes"]


def _rotates(_view: View, one: Resource) -> bool:
    actions = dig(one, "properties", "rotationPolicy", "lifetimeActions") or []
    return any(action["action"]["type"] == "rotate" for action in actions)


def _custom_role_is_narrow(_view: View, one: Resource) -> bool:
    return all("*" not in grant["actions"] for grant in one["properties"]["permissions"])


_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_NO_SMB2 = ("SMB3.1.1;", "SMB3.1.1")
_AES256 = ("AES-256-GCM;", "AES-256-GCM")

READERS: dict[str, Reader] = {
    "storage.secure_transfer": _has("properties", "supportsHttpsTrafficOnly", among=(True,)),
    "storage.min_tls": _has("properties", "minimumTlsVersion", among=("TLS1_2", "TLS1_3")),
    "storage.blob_public_access": _has("properties", "allowBlobPublicAccess", among=(False,)),
    "storage.shared_key_disabled": _has("properties", "allowSharedKeyAccess", among=(False,)),
    "storage.cross_tenant_replication": _has("properties", "allowCrossTenantReplication", among=(False,)),
    "storage.default_entra_auth": _has("properties", "defaultToOAuthAuthentication", among=(True,)),
    "storage.infrastructure_encryption": _has(
        "properties", "encryption", "requireInfrastructureEncryption", among=(True,)
    ),
    "storage.key_rotation_reminder": lambda _, one: bool(dig(one, "properties", "keyPolicy")),
    "storage.sas_policy": _has("properties", "sasPolicy", "sasExpirationPeriod", among=("00.01:00:00",)),
    "storage.geo_redundant": _has("sku", "name", among=("Standard_GRS", "Standard_RAGRS", "Standard_GZRS")),
    "storage.blob_soft_delete": _child(
        "/blobServices", "default", "deleteRetentionPolicy", "enabled", among=(True,)
    ),
    "storage.container_soft_delete": _child(
        "/blobServices", "default", "containerDeleteRetentionPolicy", "enabled", among=(True,)
    ),
    "storage.blob_versioning": _child("/blobServices", "default", "isVersioningEnabled", among=(True,)),
    "storage.file_soft_delete": _child(
        "/fileServices", "default", "shareDeleteRetentionPolicy", "enabled", among=(True,)
    ),
    "storage.smb_version": _child(
        "/fileServices", "default", "protocolSettings", "smb", "versions", among=_NO_SMB2
    ),
    "storage.smb_channel_encryption": _child(
        "/fileServices", "default", "protocolSettings", "smb", "channelEncryption", among=_AES256
    ),
    "storage.container_public_access": _has("properties", "publicAccess", among=("None",)),
    "keyvault.purge_protection": _has("properties", "enablePurgeProtection", among=(True,)),
    "keyvault.rbac": _has("properties", "enableRbacAuthorization", among=(True,)),
    "keyvault.key_expiry_rbac": _has_expiry,
    "keyvault.key_expiry_policy": _has_expiry,
    "keyvault.secret_expiry_rbac": _has_expiry,
    "keyvault.secret_expiry_policy": _has_expiry,
    "keyvault.key_rotation": _rotates,
    "keyvault.certificate_validity": lambda _, one: (
        dig(one, "properties", "policy", "x509_props", "validity_months") <= 12
    ),
    "logging.keyvault": _keeps_audit_log,
    "appservice.https_only": _has("properties", "httpsOnly", among=(True,)),
    "appservice.managed_identity": lambda _, one: bool(dig(one, "identity", "type")),
    "appservice.ftp_state": _child("/config", "web", "ftpsState", among=("FtpsOnly", "Disabled")),
    "appservice.min_tls": _child("/config", "web", "minTlsVersion", among=("1.2", "1.3")),
    "appservice.http20": _child("/config", "web", "http20Enabled", among=(True,)),
    "appservice.remote_debugging": _child("/config", "web", "remoteDebuggingEnabled", among=(False,)),
    "appservice.cors_star": lambda view, one: all(
        "*" not in (dig(config, "properties", "cors", "allowedOrigins") or ())
        for config in view.below(one["id"], "/config")
    ),
    "appservice.basic_auth": lambda view, one: (
        not any(
            policy["properties"]["allow"]
            for policy in view.below(one["id"], "/basicPublishingCredentialsPolicies")
        )
    ),
    "appservice.auth": _child("/config", "authsettingsV2", "platform", "enabled", among=(True,)),
    "aks.rbac": _has("properties", "enableRBAC", among=(True,)),
    "aks.local_accounts": _has("properties", "disableLocalAccounts", among=(True,)),
    "aks.auto_upgrade": lambda _, one: bool(dig(one, "properties", "autoUpgradeProfile", "upgradeChannel")),
    "aks.azure_policy": _has("properties", "addonProfiles", "azurepolicy", "enabled", among=(True,)),
    "aks.monitoring": _has("properties", "addonProfiles", "omsagent", "enabled", among=(True,)),
    "aks.defender": _has(
        "properties", "securityProfile", "defender", "securityMonitoring", "enabled", among=(True,)
    ),
    "acr.admin_user": _has("properties", "adminUserEnabled", among=(False,)),
    "acr.image_vulnerabilities": _healthy("c0b7cfc6-3172-465a-b378-53c7ff2cc0d5"),
    "compute.endpoint_protection": _healthy("06e3a6db-6c0c-4ad9-943f-31d9d73ecf6c"),
    "defender.system_updates": _healthy("90386950-71ca-4357-a12e-486d1679427c"),
    "acr.anonymous_pull": _has("properties", "anonymousPullEnabled", among=(False,)),
    "sql.min_tls": _has("properties", "minimalTlsVersion", among=("1.2", "1.3")),
    "sql.public_network_access": _has("properties", "publicNetworkAccess", among=("Disabled",)),
    "sql.auditing": _child("/auditingSettings", "default", "state", among=("Enabled",)),
    "sql.defender": _child("/securityAlertPolicies", "Default", "state", among=("Enabled",)),
    "sql.tde_cmk": _child("/encryptionProtector", "current", "serverKeyType", among=("AzureKeyVault",)),
    "sql.entra_only": _child(
        "/administrators", "ActiveDirectory", "azureADOnlyAuthentication", among=(True,)
    ),
    "sql.entra_admin": _child(
        "/administrators", "ActiveDirectory", "administratorType", among=("ActiveDirectory",)
    ),
    "sql.tde_on": _child("/transparentDataEncryption", "current", "state", among=("Enabled",)),
    "sql.firewall_any_ip": _firewall_without("0.0.0.0", "255.255.255.255"),  # noqa: S104 - a firewall range
    "sql.allow_azure_services": _firewall_without("0.0.0.0", "0.0.0.0"),  # noqa: S104 - a firewall range
    "postgresql.allow_azure_services": _firewall_without("0.0.0.0", "0.0.0.0"),  # noqa: S104 - a firewall range
    "postgresql.public_network_access": _has(
        "properties", "network", "publicNetworkAccess", among=("Disabled",)
    ),
    "postgresql.entra_auth": _has("properties", "authConfig", "activeDirectoryAuth", among=("Enabled",)),
    "postgresql.geo_backup": _has("properties", "backup", "geoRedundantBackup", among=("Enabled",)),
    "postgresql.require_secure_transport": _parameter("require_secure_transport", "on"),
    "postgresql.log_checkpoints": _parameter("log_checkpoints", "on"),
    "postgresql.log_connections": _parameter("log_connections", "on"),
    "postgresql.log_disconnections": _parameter("log_disconnections", "on"),
    "postgresql.connection_throttling": _parameter("connection_throttle.enable", "on"),
    "postgresql.log_retention": _parameter("logfiles.retention_days", "4", "5", "6", "7"),
    "mysql.public_network_access": _has("properties", "network", "publicNetworkAccess", among=("Disabled",)),
    "mysql.geo_backup": _has("properties", "backup", "geoRedundantBackup", among=("Enabled",)),
    "mysql.require_secure_transport": _parameter("require_secure_transport", "ON"),
    "mysql.tls_version": _parameter("tls_version", "TLSv1.2", "TLSv1.3", "TLSv1.2,TLSv1.3"),
    "mysql.audit_log_enabled": _parameter("audit_log_enabled", "ON"),
    "mysql.audit_log_connection": _parameter("audit_log_events", "CONNECTION"),
    "cosmosdb.local_auth": _has("properties", "disableLocalAuth", among=(True,)),
    "cosmosdb.public_network_access": _has("properties", "publicNetworkAccess", among=("Disabled",)),
    "cosmosdb.min_tls": _has("properties", "minimalTlsVersion", among=("Tls12",)),
    "cosmosdb.continuous_backup": _has("properties", "backupPolicy", "type", among=("Continuous",)),
    "redis.ssl_only": _has("properties", "enableNonSslPort", among=(False,)),
    "redis.private": _has("properties", "publicNetworkAccess", among=("Disabled",)),
    "defender.plan.cspm": _plan("CloudPosture"),
    "defender.plan.apis": _plan("Api"),
    "defender.plan.servers": _plan("VirtualMachines"),
    "defender.plan.containers": _plan("Containers"),
    "defender.plan.storage": _plan("StorageAccounts"),
    "defender.plan.appservices": _plan("AppServices"),
    "defender.plan.cosmosdb": _plan("CosmosDbs"),
    "defender.plan.oss_databases": _plan("OpenSourceRelationalDatabases"),
    "defender.plan.sql": _plan("SqlServers"),
    "defender.plan.sql_on_machines": _plan("SqlServerVirtualMachines"),
    "defender.plan.keyvault": _plan("KeyVaults"),
    "defender.plan.arm": _plan("Arm"),
    "defender.contact.owner_role": _child(
        "/securityContacts", "default", "notificationsByRole", "state", among=("On",)
    ),
    "defender.contact.email": lambda view, one: any(
        "@" in contact["properties"]["emails"] for contact in view.below(one["id"], "/securityContacts")
    ),
    "defender.mcas": _child("/settings", "MCAS", "enabled", among=(True,)),
    "defender.servers.endpoint_protection": _child("/settings", "WDATP", "enabled", among=(True,)),
    "logging.subscription_diagnostic_setting": lambda view, one: bool(
        view.below(one["id"], "/diagnosticSettings")
    ),
    "logging.subscription_categories": _exports_all_categories,
    "logging.alert.create_policy_assignment": _alert("Microsoft.Authorization/policyAssignments/write"),
    "logging.alert.delete_policy_assignment": _alert("Microsoft.Authorization/policyAssignments/delete"),
    "logging.alert.write_nsg": _alert("Microsoft.Network/networkSecurityGroups/write"),
    "logging.alert.delete_nsg": _alert("Microsoft.Network/networkSecurityGroups/delete"),
    "logging.alert.write_security_solution": _alert("Microsoft.Security/securitySolutions/write"),
    "logging.alert.delete_security_solution": _alert("Microsoft.Security/securitySolutions/delete"),
    "logging.alert.write_sql_firewall": _alert("Microsoft.Sql/servers/firewallRules/write"),
    "logging.alert.delete_sql_firewall": _alert("Microsoft.Sql/servers/firewallRules/delete"),
    "logging.alert.write_public_ip": _alert("Microsoft.Network/publicIPAddresses/write"),
    "logging.alert.delete_public_ip": _alert("Microsoft.Network/publicIPAddresses/delete"),
    "rbac.custom_owner_role": _custom_role_is_narrow,
    "rbac.service_principal_owner": lambda _, one: not one["properties"]["roleDefinitionId"].endswith(_OWNER),
    "identity.users_create_tenants": _has(
        "properties", "defaultUserRolePermissions", "allowedToCreateTenants", among=(False,)
    ),
    "identity.users_register_apps": _has(
        "properties", "defaultUserRolePermissions", "allowedToCreateApps", among=(False,)
    ),
    "identity.users_create_security_groups": _has(
        "properties", "defaultUserRolePermissions", "allowedToCreateSecurityGroups", among=(False,)
    ),
    "identity.consent.blocked": _has(
        "properties", "defaultUserRolePermissions", "permissionGrantPoliciesAssigned", among=([],)
    ),
    "identity.mfa_device_join": _has("properties", "multiFactorAuthConfiguration", among=("required",)),
    "identity.guest_access_restricted": _has(
        "properties", "guestUserRoleId", among=("2af84b1e-32c8-42b7-82bc-daa82404023b",)
    ),
    "identity.guest_invites_restricted": _has(
        "properties", "allowInvitesFrom", among=("none", "adminsAndGuestInviters")
    ),
}
"""Rule -> whether the resource keeps it. Rules about dates and about other parts of the estate have none."""
UNREAD = frozenset(
    {
        "identity.app_credential_expiry",
        "identity.app_password_credential",
        "keyvault.certificate_near_expiry",
        "keyvault.key_expired",
        "keyvault.key_near_expiry",
        "keyvault.secret_expired",
        "keyvault.secret_near_expiry",
        "rbac.disabled_accounts",
        "rbac.orphaned_assignment",
        "storage.key_rotation_90d",
    }
)
"""Rules of plantings that are recorded without a reader: they need a date or the directory."""
