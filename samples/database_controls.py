"""Database services: SQL servers with their children, PostgreSQL, MySQL, Cosmos DB, Redis."""

from random import Random
from typing import Any

from samples.arm import Resource, Scope, guid
from samples.controls import Furnishing, Setting, child, own_draws, vary

SQL = "Microsoft.Sql/servers"
POSTGRESQL = "Microsoft.DBforPostgreSQL/flexibleServers"
MYSQL = "Microsoft.DBforMySQL/flexibleServers"
COSMOS = "Microsoft.DocumentDB/databaseAccounts"
REDIS = "Microsoft.Cache/redis"

SERVER = (
    Setting("sql.min_tls", "properties.minimalTlsVersion", "1.2", "1.0", 0.1),
    Setting("sql.public_network_access", "properties.publicNetworkAccess", "Disabled", "Enabled", 0.7),
)
# Child type, name, rule, property, secure, weak, share of the weak.
_SQL_CHILDREN: tuple[tuple[str, str, str, str, Any, Any, float], ...] = (
    ("auditingSettings", "default", "sql.auditing", "state", "Enabled", "Disabled", 0.4),
    ("securityAlertPolicies", "Default", "sql.defender", "state", "Enabled", "Disabled", 0.5),
    (
        "encryptionProtector",
        "current",
        "sql.tde_cmk",
        "serverKeyType",
        "AzureKeyVault",
        "ServiceManaged",
        0.8,
    ),
    (
        "azureADOnlyAuthentications",
        "Default",
        "sql.entra_only",
        "azureADOnlyAuthentication",
        True,
        False,
        0.7,
    ),
)
POSTGRESQL_SERVER = (
    Setting("postgresql.public_network_access", "properties.network.publicNetworkAccess", "Disabled",
            "Enabled", 0.5),
    Setting("postgresql.entra_auth", "properties.authConfig.activeDirectoryAuth", "Enabled", "Disabled", 0.5),
    Setting("postgresql.geo_backup", "properties.backup.geoRedundantBackup", "Enabled", "Disabled", 0.6),
)  # fmt: skip
MYSQL_SERVER = (
    Setting(
        "mysql.public_network_access", "properties.network.publicNetworkAccess", "Disabled", "Enabled", 0.5
    ),
    Setting("mysql.geo_backup", "properties.backup.geoRedundantBackup", "Enabled", "Disabled", 0.6),
)
COSMOS_ACCOUNT = (
    Setting("cosmosdb.local_auth", "properties.disableLocalAuth", True, False, 0.7),
    Setting("cosmosdb.public_network_access", "properties.publicNetworkAccess", "Disabled", "Enabled", 0.5),
    Setting("cosmosdb.min_tls", "properties.minimalTlsVersion", "Tls12", "Tls", 0.1),
    Setting("cosmosdb.continuous_backup", "properties.backupPolicy.type", "Continuous", "Periodic", 0.5),
)
CACHE = (
    Setting("redis.ssl_only", "properties.enableNonSslPort", False, True, 0.2),
    Setting("redis.private", "properties.publicNetworkAccess", "Disabled", "Enabled", 0.5),
)
# Parameter, rule, secure, weak.
_POSTGRESQL_PARAMETERS = (
    ("require_secure_transport", "postgresql.require_secure_transport", "on", "off"),
    ("log_checkpoints", "postgresql.log_checkpoints", "on", "off"),
    ("log_connections", "postgresql.log_connections", "on", "off"),
    ("log_disconnections", "postgresql.log_disconnections", "on", "off"),
    ("connection_throttle.enable", "postgresql.connection_throttling", "on", "off"),
    ("logfiles.retention_days", "postgresql.log_retention", "7", "1"),
)
_MYSQL_PARAMETERS = (
    ("require_secure_transport", "mysql.require_secure_transport", "ON", "OFF"),
    ("tls_version", "mysql.tls_version", "TLSv1.2,TLSv1.3", "TLSv1,TLSv1.1,TLSv1.2"),
    ("audit_log_enabled", "mysql.audit_log_enabled", "ON", "OFF"),
)
_MYSQL_EVENTS = (("audit_log_events", "mysql.audit_log_connection", "CONNECTION", "DDL,DML"),)


def furnish_sql(server: Resource, rules: list[Resource], rng: Random) -> Furnishing:
    """A SQL server's settings varied, what is set below it, a database; `rules` are its firewall rules."""
    done = Furnishing.empty()
    done.expectations += vary(server, SERVER, rng)
    ranges = {(one["properties"]["startIpAddress"], one["properties"]["endIpAddress"]) for one in rules}
    everyone, azure = ("0.0.0.0", "255.255.255.255"), ("0.0.0.0", "0.0.0.0")  # noqa: S104 - firewall ranges
    if server["properties"]["publicNetworkAccess"] == "Enabled":
        # Without public access the rules stay, and decide nothing.
        done.expect("sql.firewall_any_ip", server, everyone not in ranges)
        done.expect("sql.allow_azure_services", server, azure not in ranges)
    entra_only = False
    for kind, name, rule_id, member, secure, weak, share in _SQL_CHILDREN:
        is_weak = rng.random() < share
        properties: dict[str, Any] = {member: weak if is_weak else secure}
        if kind == "auditingSettings" and not is_weak:
            properties |= {"retentionDays": 0, "isAzureMonitorTargetEnabled": True}
        entra_only |= kind == "azureADOnlyAuthentications" and not is_weak
        done.add(child(server, f"{SQL}/{kind}", name, properties))
        done.expect(rule_id, server, not is_weak)
    # Azure turns SQL logins off only where an Entra administrator is set, and says so of the administrator.
    drawn = rng.random() < 0.6
    has_admin = drawn or entra_only
    if has_admin:
        ids = rng if drawn else own_draws(server, "administrator")
        admin = {
            "administratorType": "ActiveDirectory",
            "login": "dba",
            "sid": guid(ids),
            "tenantId": guid(ids),
            "azureADOnlyAuthentication": entra_only,
        }
        done.add(child(server, f"{SQL}/administrators", "ActiveDirectory", admin))
    done.expect("sql.entra_admin", server, has_admin)
    database = child(
        server, f"{SQL}/databases", "orders", {"status": "Online", "collation": "Latin1_General_CI_AS"}
    )
    done.add(
        {**database, "location": server["location"], "sku": {"name": "GP_S_Gen5", "tier": "GeneralPurpose"}}
    )
    encrypted = rng.random() >= 0.1
    state = {"state": "Enabled" if encrypted else "Disabled"}
    done.add(child(database, f"{SQL}/databases/transparentDataEncryption", "current", state))
    done.expect("sql.tde_on", database, encrypted)
    return done


def _parameters(
    done: Furnishing, server: Resource, parameters: tuple[tuple[str, str, str, str], ...], rng: Random
) -> None:
    for name, rule_id, secure, weak in parameters:
        is_weak = rng.random() < 0.3
        value = {"value": weak if is_weak else secure, "source": "user-override"}
        done.add(child(server, f"{server['type']}/configurations", name, value))
        done.expect(rule_id, server, not is_weak)


def postgresql(scope: Scope, name: str, rng: Random) -> Furnishing:
    """A PostgreSQL flexible server of version 14, its parameters, and in half of them the Azure-wide rule."""
    done = Furnishing.empty()
    properties = {"version": "14", "state": "Ready", "administratorLogin": "pgadmin",
                  "fullyQualifiedDomainName": f"{name}.postgres.database.azure.com",
                  "authConfig": {"passwordAuth": "Enabled"},
                  "backup": {"backupRetentionDays": 7}}  # fmt: skip
    server = scope.resource(
        POSTGRESQL, name, properties, sku={"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}
    )
    done.add(server, POSTGRESQL_SERVER, rng)
    if server["properties"]["authConfig"]["activeDirectoryAuth"] == "Enabled":
        _add_entra_administrator(done, server)
    _parameters(done, server, _POSTGRESQL_PARAMETERS, rng)
    open_to_azure = rng.random() < 0.5
    if server["properties"]["network"]["publicNetworkAccess"] == "Enabled":
        done.expect("postgresql.allow_azure_services", server, not open_to_azure)
    if open_to_azure:
        everywhere = {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}  # noqa: S104 - a firewall range
        done.add(
            child(server, f"{POSTGRESQL}/firewallRules", "AllowAllAzureServicesAndResources", everywhere)
        )
    return done


def _add_entra_administrator(done: Furnishing, server: Resource) -> None:
    """Without one, Entra authentication lets nobody in."""
    own = own_draws(server, "administrator")
    who = guid(own)
    who_it_is = {"objectId": who, "principalName": "dba", "principalType": "Group", "tenantId": guid(own)}
    done.add(child(server, f"{POSTGRESQL}/administrators", who, who_it_is))


def mysql(scope: Scope, name: str, rng: Random) -> Furnishing:
    """A MySQL flexible server and its parameters."""
    done = Furnishing.empty()
    properties = {"version": "8.0.21", "state": "Ready", "administratorLogin": "myadmin",
                  "fullyQualifiedDomainName": f"{name}.mysql.database.azure.com",
                  "backup": {"backupRetentionDays": 7}}  # fmt: skip
    server = scope.resource(
        MYSQL, name, properties, sku={"name": "Standard_D2ads_v5", "tier": "GeneralPurpose"}
    )
    done.add(server, MYSQL_SERVER, rng)
    _parameters(done, server, _MYSQL_PARAMETERS, rng)
    _parameters(done, server, _MYSQL_EVENTS, own_draws(server, "events"))
    return done


def cosmos(scope: Scope, name: str, rng: Random) -> Furnishing:
    """A Cosmos DB account."""
    done = Furnishing.empty()
    properties = {"provisioningState": "Succeeded", "databaseAccountOfferType": "Standard", "ipRules": [],
                  "documentEndpoint": f"https://{name}.documents.azure.com:443/",
                  "isVirtualNetworkFilterEnabled": False, "virtualNetworkRules": []}  # fmt: skip
    done.add(scope.resource(COSMOS, name, properties, kind="GlobalDocumentDB"), COSMOS_ACCOUNT, rng)
    return done


def redis(scope: Scope, name: str, rng: Random) -> Furnishing:
    """A cache."""
    done = Furnishing.empty()
    properties = {"provisioningState": "Succeeded", "redisVersion": "6.0", "port": 6379, "sslPort": 6380,
                  "hostName": f"{name}.redis.cache.windows.net", "minimumTlsVersion": "1.2",
                  "sku": {"name": "Standard", "family": "C", "capacity": 1}}  # fmt: skip
    done.add(scope.resource(REDIS, name, properties), CACHE, rng)
    return done
