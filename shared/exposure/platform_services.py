"""Reading the platform services that have network rules: Storage, Key Vault, AKS, App Service, Azure SQL.

Source: the REST reference of each resource provider. "Internet" here means that the network lets packets in;
what the service then asks of callers is another matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.resource import Resource
from shared.exposure.arm_reader import ArmReader
from shared.exposure.security_rule import RuleFields
from shared.exposure.service import allow, perimeter_doubt, project_service, public_access
from shared.exposure.sources import parse_sources

HTTPS: Final = 443
HTTP: Final = 80
SFTP: Final = 22
SMB: Final = 445
SQL: Final = 1433

NOTE_SQL: Final = (
    "The server's firewall rules were not read; without them everybody is supposed to be let in."
)
NOTE_CLUSTER: Final = "What publicNetworkAccess does to a cluster's API server is not documented."


def project_storage_account(resource: Resource) -> dict[str, Any]:
    """The network rules of a storage account. Port 445 serves Azure Files, 22 is SFTP where it is enabled.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    properties, access = resource.properties, public_access(resource)
    ports = [HTTPS]
    if properties.get("supportsHttpsTrafficOnly") is False:
        ports.append(HTTP)
    endpoints = properties.get("primaryEndpoints")
    if isinstance(endpoints, Mapping) and endpoints.get("file"):
        ports.append(SMB)
    if properties.get("isSftpEnabled") is True:
        ports.append(SFTP)
    return _with_access_rules(resource, access, ports)


def project_key_vault(resource: Resource) -> dict[str, Any]:
    """The network rules of a key vault.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    return _with_access_rules(resource, public_access(resource), [HTTPS])


def _with_access_rules(resource: Resource, access: str, ports: list[int]) -> dict[str, Any]:
    """A service whose `networkAcls` let in what they list, or everybody (also when they are null)."""
    reader = ArmReader(resource)
    acls = resource.properties.get("networkAcls") or {}
    if not isinstance(acls, Mapping):
        raise reader.refuse("properties.networkAcls", "not an object")
    default = str(acls.get("defaultAction") or "allow").lower()
    if default not in ("allow", "deny"):
        raise reader.refuse("properties.networkAcls.defaultAction", "not Allow or Deny")
    if default == "allow":
        rules = [allow("networkAcls.defaultAction", ["*"], ports)]
    else:
        rules = [
            _checked(reader, where, allow(text, [text], ports))
            for where, text in _addresses(reader, acls, "ipRules", "value")
        ]
    return project_service(resource, rules, doubt=perimeter_doubt(access), closed=access == "disabled")


def _addresses(reader: ArmReader, acls: Mapping[str, Any], field: str, name: str) -> list[tuple[str, str]]:
    items = reader.items(acls, field, "properties.networkAcls")
    return [(f"{where}.{name}", reader.text(item, name, where)) for where, item in items]


def project_managed_cluster(resource: Resource) -> dict[str, Any]:
    """Who reaches the API server of an AKS cluster.

    Raises:
        UnreadableResourceError: a field is not as ARM documents it; names the field and the reason.
    """
    reader, properties = ArmReader(resource), resource.properties
    profile = properties.get("apiServerAccessProfile") or {}
    if not isinstance(profile, Mapping):
        raise reader.refuse("properties.apiServerAccessProfile", "not an object")
    path = "properties.apiServerAccessProfile"
    ranges = reader.texts(profile, "authorizedIPRanges", path)
    rules = [
        _checked(reader, f"{path}.authorizedIPRanges", allow(text, [text], [HTTPS])) for text in ranges
    ] or [allow("", ["*"], [HTTPS])]
    power = properties.get("powerState")
    state = power.get("code") if isinstance(power, Mapping) else None
    return project_service(
        resource,
        rules,
        doubt=NOTE_CLUSTER
        if public_access(resource) == "disabled"
        else perimeter_doubt(public_access(resource)),
        closed=profile.get("enablePrivateCluster") is True,
        state=state.lower() if isinstance(state, str) else None,
    )


def project_sql_server(resource: Resource) -> dict[str, Any]:
    """An Azure SQL server; Resource Graph does not have its firewall rules."""
    access = public_access(resource)
    return project_service(
        resource,
        [allow("", ["*"], [SQL])],
        doubt=perimeter_doubt(access),
        awaits=NOTE_SQL,
        closed=access == "disabled",
    )


def _checked(reader: ArmReader, field: str, rule: RuleFields) -> RuleFields:
    try:
        parse_sources(rule.sources)
    except ValueError as error:
        raise reader.refuse(field, str(error)) from error
    return rule
