"""Ways in other than a public IP on a NIC: load balancers, NAT rules, gateways, firewalls, scale sets.

An edge is a virtual network of its own with one entry point, open or only seemingly so. None opens a port
that the judged NSG rules speak of, so an edge never changes what the truth says about NSGs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from random import Random
from typing import Any

from samples import network, workloads
from samples.arm import Resource, Scope, etag
from samples.network import Address, RuleSpec

LOAD_BALANCER = "Microsoft.Network/loadBalancers"
GATEWAY = "Microsoft.Network/applicationGateways"
FIREWALL = "Microsoft.Network/azureFirewalls"
ADMIN_RULES = "standin/effectiveSecurityAdminRules"
SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"

_APP_PORT = 8443
_STANDARD = {"name": "Standard", "tier": "Regional"}
_SCATTER = 0x9E3779B1  # odd: successive numbers become distinct, scattered addresses of 21.0.0.0/8
_PER_EDGE = 4


@dataclass
class Edge:
    """One edge under construction. `number` gives it its own public addresses and names."""

    number: int
    scope: Scope
    rng: Random
    resources: list[Resource] = field(default_factory=list)
    addresses: int = 0

    def __post_init__(self) -> None:
        """Lay out the virtual network: 172.20.0.0/22 with a subnet for machines."""
        self.network = network.virtual_network(
            self.scope, self.name("vnet"), IPv4Network("172.20.0.0/22"), self.rng
        )
        self.resources.append(self.network)

    def name(self, kind: str) -> str:
        """A name of this edge's own."""
        return f"{kind}-edge-{self.number:05d}"

    def nsg(self, *rules: RuleSpec) -> Resource:
        """An NSG with these rules."""
        made = network.network_security_group(self.scope, self.name("nsg"), rules, self.rng)
        self.resources.append(made)
        return made

    def subnet(self, name: str, third: int, nsg: Resource | None) -> Resource:
        """The subnet 172.20.{third}.0/24."""
        return network.add_subnet(self.network, name, IPv4Network(f"172.20.{third}.0/24"), nsg=nsg)

    def public_ip(self) -> Resource:
        """A Standard public IP."""
        scattered = (self.number * _PER_EDGE + self.addresses + 1) * _SCATTER & 0xFFFFFF
        self.addresses += 1
        address = f"21.{scattered >> 16}.{scattered >> 8 & 255}.{scattered & 255}"
        made = network.public_ip(self.scope, self.name(f"pip{self.addresses}"), address, self.rng)
        self.resources.append(made)
        return made

    def machine(self, subnet: Resource, third: int, host: int) -> Resource:
        """A machine without a public IP; returns its NIC."""
        name = f"{self.name('vm')}-{host}"
        nic = network.network_interface(
            self.scope, f"nic-{name}", subnet, (Address(f"172.20.{third}.{host}"),), self.rng
        )
        self.resources += [nic, *workloads.virtual_machine(self.scope, name, nic, self.rng)]
        return nic


def _app_rules(port: int, sources: str = "Internet") -> tuple[RuleSpec, ...]:
    return (RuleSpec("AllowApp", 200, ports=str(port), sources=sources),)


def _balancer(edge: Edge, nics: list[Resource], public: Resource | None) -> tuple[Resource, str]:
    """A load balancer before the NICs, without rules; and the id of its frontend."""
    own = edge.scope.id_of(LOAD_BALANCER, edge.name("lb"))
    front = f"{own}/frontendIPConfigurations/front"
    configurations = [nic["properties"]["ipConfigurations"][0] for nic in nics]
    pool: dict[str, Any] = {"name": "pool", "id": f"{own}/backendAddressPools/pool", "properties": {
        "backendIPConfigurations": [{"id": one["id"]} for one in configurations]}}  # fmt: skip
    for one in configurations:
        one["properties"]["loadBalancerBackendAddressPools"] = [{"id": pool["id"]}]
    shown: dict[str, Any] = {"privateIPAllocationMethod": "Dynamic", "provisioningState": "Succeeded"}
    if public is None:
        shown |= {"privateIPAddress": "172.20.1.250", "subnet": {"id": f"{edge.network['id']}/subnets/apps"}}
    else:
        shown["publicIPAddress"] = {"id": public["id"]}
        public["properties"]["ipConfiguration"] = {"id": front}
    properties = {
        "provisioningState": "Succeeded",
        "frontendIPConfigurations": [{"name": "front", "id": front, "properties": shown}],
        "backendAddressPools": [pool],
        "loadBalancingRules": [],
        "inboundNatRules": [],
        "outboundRules": [],
        "probes": [],
    }
    made = edge.scope.resource(
        LOAD_BALANCER, edge.name("lb"), properties, sku=dict(_STANDARD), etag=etag(edge.rng)
    )
    edge.resources.append(made)
    return made, front


def _balance(balancer: Resource, front: str, port: int) -> None:
    """A rule from the frontend's `port` to the application port of the pool."""
    properties = balancer["properties"]
    rule = {"frontendIPConfiguration": {"id": front}, "frontendPort": port, "backendPort": _APP_PORT,
            "protocol": "Tcp", "enableFloatingIP": False, "idleTimeoutInMinutes": 4,
            "backendAddressPool": {"id": properties["backendAddressPools"][0]["id"]}}  # fmt: skip
    properties["loadBalancingRules"].append(
        {"name": "app", "id": f"{balancer['id']}/loadBalancingRules/app", "properties": rule}
    )


def _balanced(edge: Edge, rules: tuple[RuleSpec, ...] | None, *, public: bool = True) -> None:
    subnet = edge.subnet("apps", 1, None if rules is None else edge.nsg(*rules))
    nics = [edge.machine(subnet, 1, host) for host in (4, 5)]
    balancer, front = _balancer(edge, nics, edge.public_ip() if public else None)
    _balance(balancer, front, 443)


def _nat_to_one(edge: Edge) -> None:
    nic = edge.machine(edge.subnet("apps", 1, edge.nsg(*_app_rules(_APP_PORT))), 1, 4)
    balancer, front = _balancer(edge, [nic], edge.public_ip())
    configuration = nic["properties"]["ipConfigurations"][0]
    rule_id = f"{balancer['id']}/inboundNatRules/app"
    configuration["properties"]["loadBalancerInboundNatRules"] = [{"id": rule_id}]
    rule = {"frontendIPConfiguration": {"id": front}, "frontendPort": 50001, "backendPort": _APP_PORT,
            "protocol": "Tcp", "backendIPConfiguration": {"id": configuration["id"]}}  # fmt: skip
    balancer["properties"]["inboundNatRules"].append({"name": "app", "id": rule_id, "properties": rule})


def _nat_to_pool(edge: Edge) -> None:
    subnet = edge.subnet("apps", 1, edge.nsg(*_app_rules(_APP_PORT)))
    balancer, front = _balancer(edge, [edge.machine(subnet, 1, host) for host in (4, 5)], edge.public_ip())
    pool = balancer["properties"]["backendAddressPools"][0]["id"]
    rule = {"frontendIPConfiguration": {"id": front}, "frontendPort": 0, "frontendPortRangeStart": 500,
            "frontendPortRangeEnd": 599, "backendPort": _APP_PORT, "protocol": "Tcp",
            "backendAddressPool": {"id": pool}}  # fmt: skip
    rule_id = f"{balancer['id']}/inboundNatRules/each"
    balancer["properties"]["inboundNatRules"].append({"name": "each", "id": rule_id, "properties": rule})


def _gateway(edge: Edge, rules: tuple[RuleSpec, ...] | None) -> None:
    subnet = edge.subnet("gateway", 2, None if rules is None else edge.nsg(*rules))
    public = edge.public_ip()
    own = edge.scope.id_of(GATEWAY, edge.name("agw"))
    front, port = f"{own}/frontendIPConfigurations/public", f"{own}/frontendPorts/https"
    public["properties"]["ipConfiguration"] = {"id": front}
    listener = {"frontendIPConfiguration": {"id": front}, "frontendPort": {"id": port}, "protocol": "Https"}
    properties = {
        "operationalState": "Running",
        "sku": {"name": "WAF_v2", "tier": "WAF_v2", "capacity": 2},
        "sslPolicy": {"policyType": "Predefined", "policyName": "AppGwSslPolicy20220101"},
        "enableHttp2": True,
        "gatewayIPConfigurations": [{"name": "subnet", "properties": {"subnet": {"id": subnet["id"]}}}],
        "frontendIPConfigurations": [
            {"name": "public", "id": front, "properties": {"publicIPAddress": {"id": public["id"]}}}
        ],
        "frontendPorts": [{"name": "https", "id": port, "properties": {"port": 443}}],
        "httpListeners": [{"name": "shop", "id": f"{own}/httpListeners/shop", "properties": listener}],
    }
    edge.resources.append(edge.scope.resource(GATEWAY, edge.name("agw"), properties, etag=etag(edge.rng)))


def _ruled(edge: Edge, access: str, rules: tuple[RuleSpec, ...]) -> None:
    """A balanced port in a network whose manager has a rule about the port, asked before any NSG."""
    _balanced(edge, rules)
    rule = {
        "protocol": "Tcp",
        "sources": [{"addressPrefix": "Internet", "addressPrefixType": "ServiceTag"}],
        "destinations": [{"addressPrefix": "*", "addressPrefixType": "IPPrefix"}],
        "sourcePortRanges": ["0-65535"],
        "destinationPortRanges": [str(_APP_PORT)],
        "access": access,
        "priority": 10,
        "direction": "Inbound",
        "provisioningState": "Succeeded",
    }
    manager = (
        f"{edge.scope.id_of('Microsoft.Network/networkManagers', 'avnm')}/securityAdminConfigurations/all"
    )
    named = {"id": f"{manager}/ruleCollections/in/rules/{access}-app", "kind": "Custom", "properties": rule}
    edge.resources.append(
        {
            "id": f"{edge.network['id']}/effectiveSecurityAdminRules/default",
            "name": "default",
            "type": ADMIN_RULES,
            "properties": {"value": [named]},
        }
    )


_MANAGEMENT = RuleSpec("AllowGatewayManager", 100, ports="65200-65535", sources="GatewayManager")


def _firewall(edge: Edge, rules: tuple[RuleSpec, ...]) -> None:
    """A rule of the firewall itself sends its address's port 8443 to a machine."""
    subnet = edge.subnet("AzureFirewallSubnet", 3, None)
    edge.machine(edge.subnet("apps", 1, edge.nsg(*rules)), 1, 4)
    public = edge.public_ip()
    rule = {"name": "app", "protocols": ["TCP"], "sourceAddresses": ["*"],
            "destinationAddresses": [public["properties"]["ipAddress"]],
            "destinationPorts": [str(_APP_PORT)], "translatedAddress": "172.20.1.4",
            "translatedPort": str(_APP_PORT)}  # fmt: skip
    inner = {"subnet": {"id": subnet["id"]}, "publicIPAddress": {"id": public["id"]},
             "privateIPAddress": "172.20.3.4"}  # fmt: skip
    own = edge.scope.id_of(FIREWALL, edge.name("afw"))
    public["properties"]["ipConfiguration"] = {"id": f"{own}/azureFirewallIpConfigurations/one"}
    properties = {
        "provisioningState": "Succeeded",
        "sku": {"name": "AZFW_VNet", "tier": "Standard"},
        "threatIntelMode": "Alert",
        "ipConfigurations": [
            {"name": "one", "id": f"{own}/azureFirewallIpConfigurations/one", "properties": inner}
        ],
        "natRuleCollections": [
            {"name": "in", "properties": {"priority": 100, "action": {"type": "Dnat"}, "rules": [rule]}}
        ],
        "networkRuleCollections": [],
        "applicationRuleCollections": [],
    }
    edge.resources.append(edge.scope.resource(FIREWALL, edge.name("afw"), properties, etag=etag(edge.rng)))


def _scale_set(edge: Edge, rules: tuple[RuleSpec, ...]) -> None:
    subnet = edge.subnet("apps", 1, edge.nsg(*rules))
    inner = {"subnet": {"id": subnet["id"]}, "primary": True, "privateIPAddressVersion": "IPv4",
             "publicIPAddressConfiguration": {"name": "pip", "sku": {"name": "Standard"}}}  # fmt: skip
    nic = {"primary": True, "ipConfigurations": [{"name": "one", "properties": inner}]}
    profile = {"networkProfile": {"networkInterfaceConfigurations": [{"name": "nic", "properties": nic}]}}
    properties = {
        "orchestrationMode": "Uniform",
        "virtualMachineProfile": profile,
        "provisioningState": "Succeeded",
    }
    sku = {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 2}
    edge.resources.append(edge.scope.resource(SCALE_SET, edge.name("vmss"), properties, sku=sku))


_FROM_FIREWALL = RuleSpec("DenyFirewall", 110, "Deny", sources="172.20.3.0/24", protocol="*")

SHAPES: dict[str, tuple[Callable[[Edge], None], dict[int, str]]] = {
    "balanced_port": (lambda e: _balanced(e, _app_rules(_APP_PORT)), {443: "internet"}),  # G01
    "balanced_for_few": (lambda e: _balanced(e, _app_rules(_APP_PORT, "203.0.113.0/24")), {443: "limited"}),
    "frontend_port_allowed": (lambda e: _balanced(e, _app_rules(443)), {}),  # G02
    "balanced_without_nsg": (lambda e: _balanced(e, None), {}),  # G05
    "internal_balancer": (lambda e: _balanced(e, _app_rules(_APP_PORT), public=False), {}),  # G09
    "nat_to_one": (_nat_to_one, {50001: "internet"}),  # G03
    "nat_to_pool": (_nat_to_pool, {500: "internet", 501: "internet"}),  # G07
    "gateway_without_nsg": (lambda e: _gateway(e, None), {443: "internet"}),  # G13
    "gateway_for_its_manager": (lambda e: _gateway(e, (_MANAGEMENT,)), {}),  # G14
    "firewall_to_machine": (lambda e: _firewall(e, ()), {_APP_PORT: "internet"}),  # G16
    "firewall_denied": (lambda e: _firewall(e, (_FROM_FIREWALL,)), {}),  # G17
    "scale_set_address": (lambda e: _scale_set(e, _app_rules(_APP_PORT)), {_APP_PORT: "internet"}),  # G27
    "manager_denies": (lambda e: _ruled(e, "Deny", _app_rules(_APP_PORT)), {}),  # E36
    "manager_always_allows": (lambda e: _ruled(e, "AlwaysAllow", ()), {443: "internet"}),  # E37
    "manager_allows": (lambda e: _ruled(e, "Allow", ()), {}),  # E38
    "scale_set_default_rules": (lambda e: _scale_set(e, ()), {}),
}
"""Shape -> how it is built, and the TCP ports it is meant to open, by class."""


def build(shape: str, number: int, scope: Scope, rng: Random) -> list[Resource]:
    """The resources of one edge."""
    edge = Edge(number, scope, rng)
    SHAPES[shape][0](edge)
    return edge.resources
