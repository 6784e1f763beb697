"""The projected resources of one subscription, by their lower-cased ARM ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.exposure.addresses import parse_address
from shared.exposure.admin_rules import GO_ON
from shared.exposure.first_match import RuleSet
from shared.exposure.interfaces import NetworkInterface, Subnet, read_interface, read_subnets
from shared.exposure.load_balancer import INBOUND_NAT_RULE, Forwarding, read_forwardings
from shared.exposure.nsg import DEFAULT_RULES
from shared.exposure.public_ip import PublicIp, read_public_ip
from shared.exposure.security_rule import RuleFields


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A network security group, and the subnets and interfaces it says it protects (lower-cased ids)."""

    id: str
    rules: RuleSet
    subnets: tuple[str, ...]
    interfaces: tuple[str, ...]


@dataclass(slots=True)
class NetworkTables:
    """What was read of a subscription's network. NSGs with the same rules share one compiled rule set."""

    groups: dict[str, SecurityGroup] = field(default_factory=dict)
    interfaces: dict[str, NetworkInterface] = field(default_factory=dict)
    public_ips: dict[str, PublicIp] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    """Virtual networks read: their ids as Azure spells them."""
    subnets: dict[str, Subnet] = field(default_factory=dict)
    default_routes: dict[str, frozenset[int]] = field(default_factory=dict)
    """By route table: address families for which a default route leads to a next hop."""
    admin_rules: dict[str, RuleSet] = field(default_factory=dict)
    """By virtual network, where its effective security admin rules were read."""

    balancers: set[str] = field(default_factory=set)
    """Load balancers that were read, internal ones too."""
    by_pool: dict[str, list[Forwarding]] = field(default_factory=dict)
    """Rules of public load balancers by the backend pool they send to."""
    by_target: dict[str, list[Forwarding]] = field(default_factory=dict)
    """Inbound NAT rules by the address of an interface they send to."""
    nat_rules: dict[str, Forwarding] = field(default_factory=dict)
    """Inbound NAT rules by their own ids."""
    pools_of: dict[str, list[str]] = field(default_factory=dict)
    """Backend pools by the address of an interface that they name."""
    pools_at: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    """Backend pools by the bare address in a virtual network that they name."""

    @classmethod
    def read(cls, projections: Iterable[Mapping[str, Any]]) -> NetworkTables:
        """Fill the tables from what `project` and `project_admin_rules` gave, in any order.

        Raises:
            ValueError: a projection is of no known kind.
        """
        tables = cls()
        compiled: dict[tuple[RuleFields, ...], RuleSet] = {}
        for projection in projections:
            tables._add(projection, compiled)
        return tables

    def _add(self, projection: Mapping[str, Any], compiled: dict[tuple[RuleFields, ...], RuleSet]) -> None:
        key = projection["id"].lower()
        match projection["kind"]:
            case "nsg":
                rules = _compile(projection, DEFAULT_RULES, compiled)
                subnets, interfaces = tuple(projection["subnets"]), tuple(projection["interfaces"])
                self.groups[key] = SecurityGroup(projection["id"], rules, subnets, interfaces)
            case "interface":
                self.interfaces[key] = read_interface(projection)
            case "public_ip":
                self.public_ips[key] = read_public_ip(projection)
            case "virtual_network":
                self.networks[key] = projection["id"]
                self.subnets.update(read_subnets(projection))
            case "route_table":
                self.default_routes[key] = frozenset(projection["default_for"])
            case "load_balancer":
                self._add_load_balancer(projection)
            case "admin_rules":
                self.admin_rules[key] = _compile(projection, (GO_ON,), compiled)
            case kind:
                raise ValueError(f"projection of unknown kind {kind!r}")

    def _add_load_balancer(self, projection: Mapping[str, Any]) -> None:
        self.balancers.add(projection["id"].lower())
        for forwarding, pools, target in read_forwardings(projection):
            for pool in pools:
                self.by_pool.setdefault(pool, []).append(forwarding)
            if forwarding.stage == INBOUND_NAT_RULE:
                self.nat_rules[forwarding.id.lower()] = forwarding
            if target is not None:
                self.by_target.setdefault(target, []).append(forwarding)
        for pool, members in projection["pools"].items():
            for configuration in members["configurations"]:
                self.pools_of.setdefault(configuration, []).append(pool)
            for network, address in members["addresses"]:
                self.pools_at.setdefault((network, parse_address(address)[1]), []).append(pool)


def _compile(
    projection: Mapping[str, Any],
    behind: tuple[RuleFields, ...],
    compiled: dict[tuple[RuleFields, ...], RuleSet],
) -> RuleSet:
    fields = (*map(RuleFields.from_json, projection["rules"]), *behind)
    found = compiled.get(fields)
    if found is None:
        found = compiled[fields] = RuleSet.compiled(fields)
    return found
