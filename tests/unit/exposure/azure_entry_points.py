"""ARM-shaped firewalls, gateways, scale sets and platform services of one subscription."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.resource import Resource, parse_row
from tests.unit.exposure import azure

HUB = "hub"
HUB_PREFIX = "10.0.2.0/26"


def typed(kind: str, name: str, properties: Mapping[str, Any]) -> Resource:
    """A resource of a provider other than Microsoft.Network; `kind` such as `Microsoft.Web/sites`."""
    provider, *types = kind.split("/")
    names = name.split("/")
    path = "/".join(f"{one}/{two}" for one, two in zip(types, names, strict=True))
    root = f"/subscriptions/{azure.SUBSCRIPTION}/resourceGroups/{azure.GROUP}/providers"
    return parse_row({"id": f"{root}/{provider}/{path}", "type": kind, "properties": dict(properties)})


def network(
    name: str,
    subnets: Mapping[str, str],
    *,
    groups: Mapping[str, Resource] | None = None,
    peers: Iterable[str] = (),
    delegated: str | None = None,
) -> Resource:
    """A virtual network with subnets by name and prefix; `groups` are their NSGs."""
    found = []
    for subnet, prefix in subnets.items():
        properties: dict[str, Any] = {"addressPrefix": prefix}
        if groups and subnet in groups:
            properties["networkSecurityGroup"] = {"id": groups[subnet].id}
        if delegated is not None:
            properties["delegations"] = [{"properties": {"serviceName": delegated}}]
        found.append({"id": azure.subnet_id(name, subnet), "properties": properties})
    peerings = [
        {"properties": {"remoteVirtualNetwork": {"id": azure.arm_id("virtualNetworks", peer)}}}
        for peer in peers
    ]
    return azure.resource(
        azure.arm_id("virtualNetworks", name),
        "virtualNetworks",
        {"subnets": found, "virtualNetworkPeerings": peerings},
    )


def firewall_network(
    *, peers: Iterable[str] = ("vnet",), prefix: str = HUB_PREFIX, name: str = HUB
) -> Resource:
    return network(name, {"AzureFirewallSubnet": prefix}, peers=peers)


def nat_rule(**fields: Any) -> dict[str, Any]:
    """A NAT rule of a policy: 20.1.2.3:3389 to 10.0.0.4:3389 for everybody, but for `fields`."""
    return {
        "name": "rdp",
        "ruleType": "NatRule",
        "ipProtocols": ["TCP"],
        "sourceAddresses": ["*"],
        "destinationAddresses": ["20.1.2.3"],
        "destinationPorts": ["3389"],
        "translatedAddress": "10.0.0.4",
        "translatedPort": "3389",
        **fields,
    }


def firewall(
    public: Resource,
    *,
    classic: Iterable[Mapping[str, Any]] = (),
    policy: Resource | str | None = None,
    name: str = "fw",
) -> Resource:
    properties: dict[str, Any] = {
        "ipConfigurations": [
            {
                "properties": {
                    "subnet": {"id": azure.subnet_id(HUB, "AzureFirewallSubnet")},
                    "publicIPAddress": {"id": public.id},
                }
            }
        ],
        "natRuleCollections": [
            {
                "name": "nat",
                "properties": {
                    "priority": 100,
                    "action": {"type": "Dnat"},
                    "rules": [{**rule, "protocols": rule["ipProtocols"]} for rule in classic],
                },
            }
        ],
    }
    if policy is not None:
        properties["firewallPolicy"] = {"id": policy if isinstance(policy, str) else policy.id}
    return azure.resource(azure.arm_id("azureFirewalls", name), "azureFirewalls", properties)


def firewall_policy(
    rules: Iterable[Mapping[str, Any]], *, name: str = "policy", parent: str | None = None
) -> list[Resource]:
    """A policy and its one rule collection group."""
    own = azure.arm_id("firewallPolicies", name)
    group = f"{own}/ruleCollectionGroups/dnat"
    collections = [
        {
            "name": "web",
            "ruleCollectionType": "FirewallPolicyNatRuleCollection",
            "action": {"type": "DNAT"},
            "rules": list(rules),
        },
        {
            "name": "out",
            "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
            "action": {"type": "Allow"},
            "rules": [{"name": "any", "ruleType": "NetworkRule"}],
        },
    ]
    properties: dict[str, Any] = {"ruleCollectionGroups": [{"id": group}]}
    if parent is not None:
        properties["basePolicy"] = {"id": azure.arm_id("firewallPolicies", parent)}
    return [
        azure.resource(own, "firewallPolicies", properties),
        azure.resource(
            group, "firewallPolicies/ruleCollectionGroups", {"priority": 100, "ruleCollections": collections}
        ),
    ]


def ip_group(addresses: Iterable[str], name: str = "office") -> Resource:
    return azure.resource(azure.arm_id("ipGroups", name), "ipGroups", {"ipAddresses": list(addresses)})


def application_gateway(
    public: Resource, ports: Iterable[int], *, private_ports: Iterable[int] = (), state: str = "Running"
) -> Resource:
    own = azure.arm_id("applicationGateways", "gw")
    listeners = [("public", port) for port in ports] + [("private", port) for port in private_ports]
    properties = {
        "operationalState": state,
        "gatewayIPConfigurations": [{"properties": {"subnet": {"id": azure.subnet_id("vnet", "gateway")}}}],
        "frontendIPConfigurations": [
            {
                "id": f"{own}/frontendIPConfigurations/public",
                "properties": {"publicIPAddress": {"id": public.id}},
            },
            {
                "id": f"{own}/frontendIPConfigurations/private",
                "properties": {"privateIPAddress": "10.0.3.9"},
            },
        ],
        "frontendPorts": [
            {"id": f"{own}/frontendPorts/p{port}", "properties": {"port": port}}
            for port in {port for _, port in listeners}
        ],
        "httpListeners": [
            {
                "id": f"{own}/httpListeners/{frontend}{port}",
                "properties": {
                    "frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/{frontend}"},
                    "frontendPort": {"id": f"{own}/frontendPorts/p{port}"},
                    "protocol": "Https",
                },
            }
            for frontend, port in listeners
        ],
    }
    return azure.resource(own, "applicationGateways", properties)


def bastion(public: Resource, *, allowed: Iterable[str] = ()) -> Resource:
    inner = {
        "subnet": {"id": azure.subnet_id("vnet", "AzureBastionSubnet")},
        "publicIPAddress": {"id": public.id},
    }
    properties = {
        "ipConfigurations": [{"properties": inner}],
        "networkAcls": {"ipRules": [{"addressPrefix": one} for one in allowed]},
    }
    return azure.resource(azure.arm_id("bastionHosts", "bastion"), "bastionHosts", properties)


def scale_set(
    *,
    public_sku: str | None = None,
    has_public: bool = True,
    nic_nsg: Resource | None = None,
    pools: Iterable[str] = (),
    mode: str = "Uniform",
) -> Resource:
    inner: dict[str, Any] = {
        "subnet": {"id": azure.subnet_id()},
        "loadBalancerBackendAddressPools": [{"id": one} for one in pools],
    }
    if has_public:
        inner["publicIPAddressConfiguration"] = {
            "name": "pip",
            **({"sku": {"name": public_sku}} if public_sku else {}),
        }
    nic: dict[str, Any] = {"primary": True, "ipConfigurations": [{"name": "one", "properties": inner}]}
    if nic_nsg is not None:
        nic["networkSecurityGroup"] = {"id": nic_nsg.id}
    profile = {"networkProfile": {"networkInterfaceConfigurations": [{"name": "nic", "properties": nic}]}}
    return typed(
        "Microsoft.Compute/virtualMachineScaleSets",
        "pool",
        {"orchestrationMode": mode, "virtualMachineProfile": profile},
    )


def machine(name: str, power: str) -> Resource:
    extended = {"instanceView": {"powerState": {"code": f"PowerState/{power}"}}}
    return typed("Microsoft.Compute/virtualMachines", name, {"extended": extended})
