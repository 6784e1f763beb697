"""The projected resources of one subscription, by their lower-cased ARM ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.coverage import ReadFailure
from shared.exposure.addresses import parse_address
from shared.exposure.admin_rules import ADMIN_RULES_TYPE, GO_ON
from shared.exposure.firewall_nat import FirewallTables
from shared.exposure.first_match import RuleSet
from shared.exposure.gateway import Gateway, read_gateway
from shared.exposure.interfaces import NetworkInterface, Subnet, read_interface, read_subnets
from shared.exposure.load_balancer import INBOUND_NAT_RULE, Forwarding, read_forwardings
from shared.exposure.nsg import DEFAULT_RULES
from shared.exposure.public_ip import PublicIp, read_public_ip
from shared.exposure.scale_set import of_model, read_scale_set
from shared.exposure.security_rule import RuleFields, SecurityRule, compile_rule
from shared.exposure.service import Service, read_service

_Compiled = dict[tuple[tuple[RuleFields, ...], tuple[SecurityRule, ...]], RuleSet]
"""Rule sets by what they were compiled from, and the compiled rules behind."""


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
    peers: dict[str, frozenset[str]] = field(default_factory=dict)
    """By virtual network: those that it says it is peered with."""
    subnets: dict[str, Subnet] = field(default_factory=dict)
    default_routes: dict[str, frozenset[int]] = field(default_factory=dict)
    """By route table: address families for which a default route leads to a next hop."""
    admin_rules: dict[str, RuleSet] = field(default_factory=dict)
    """By virtual network, where its effective security admin rules were read."""
    no_admin_rules: set[str] = field(default_factory=set)
    """Virtual networks to which none are applied."""
    unread_admin_rules: set[str] = field(default_factory=set)
    """Virtual networks whose effective security admin rules could not be read."""

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

    firewalls: FirewallTables = field(default_factory=FirewallTables)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    machine_states: dict[str, str] = field(default_factory=dict)
    """Power states of virtual machines, where they are known."""

    borrowed: set[str] = field(default_factory=set)
    """Resources of other subscriptions: they decide, but nothing is said about them."""

    @classmethod
    def read(
        cls, projections: Iterable[Mapping[str, Any]], borrowed: Iterable[Mapping[str, Any]] = ()
    ) -> NetworkTables:
        """Fill the tables from what `project` and `project_admin_rules` gave, in any order.

        Args:
            borrowed: projections of other subscriptions.

        Raises:
            ValueError: a projection is of no known kind.
        """
        tables = cls()
        compiled: _Compiled = {}
        own_rules: dict[str, RuleSet] = {}
        exempt = tables.no_admin_rules
        foreign = list(borrowed)
        tables.borrowed.update(one["id"].lower() for one in foreign)
        for projection in (*projections, *foreign):
            match projection["kind"]:
                case "service_rules":
                    own_rules[projection["id"].lower()] = _compile(projection, (), compiled)
                case "virtual_network" if projection["no_admin_rules"]:
                    exempt.add(projection["id"].lower())
                    tables._add(projection, compiled)
                case _:
                    tables._add(projection, compiled)
        for key in exempt:
            tables.admin_rules.pop(key, None)
        for key, rules in own_rules.items():
            if key in tables.services:
                tables.services[key] = tables.services[key].decided_by(rules)
        return tables

    def _add(self, projection: Mapping[str, Any], compiled: _Compiled) -> None:
        key = projection["id"].lower()
        match projection["kind"]:
            case "nsg":
                rules = _compile(projection, _DEFAULTS, compiled)
                subnets, interfaces = tuple(projection["subnets"]), tuple(projection["interfaces"])
                self.groups[key] = SecurityGroup(projection["id"], rules, subnets, interfaces)
            case "interface":
                self.interfaces[key] = read_interface(projection)
            case "public_ip":
                self.public_ips[key] = read_public_ip(projection)
            case "virtual_network":
                self.networks[key] = projection["id"]
                if projection["peers"]:
                    self.peers[key] = frozenset(projection["peers"])
                self.subnets.update(read_subnets(projection))
            case "route_table":
                self.default_routes[key] = frozenset(projection["default_for"])
            case "admin_rules":
                self.admin_rules[key] = _compile(projection, _GO_ON, compiled)
            case "service":
                self.services[key] = read_service(projection, _compile(projection, (), compiled))
            case _:
                self._add_entry_point(key, projection)

    def _add_entry_point(self, key: str, projection: Mapping[str, Any]) -> None:
        """Add what packets come in by, and the state of who receives them."""
        match projection["kind"]:
            case "load_balancer":
                self._add_load_balancer(projection)
            case "firewall" | "firewall_policy" | "rule_collection_group" | "ip_group":
                self.firewalls.add(projection)
            case "gateway":
                self.gateways[key] = read_gateway(projection)
            case "scale_set":
                for interface, public_ips in read_scale_set(projection):
                    self.interfaces[interface.id.lower()] = interface
                    self.public_ips |= public_ips
            case "machine":
                if projection["state"]:
                    self.machine_states[key] = projection["state"]
            case kind:
                raise ValueError(f"projection of unknown kind {kind!r}")

    def leave_unread(self, failures: Iterable[ReadFailure]) -> None:
        """Note the virtual networks whose security admin rules could not be read.

        A failure names its network; one that names none stands for every network whose rules are missing.
        """
        for failure in failures:
            if (failure.type or "").lower() == ADMIN_RULES_TYPE:
                named = [failure.resource_id.lower()] if failure.resource_id else self.networks
                known = self.admin_rules.keys() | self.no_admin_rules
                self.unread_admin_rules.update(key for key in named if key not in known)

    def has_interface(self, reference: str) -> bool:
        """Whether an interface was read, by itself or in the model of its scale set."""
        return reference in self.interfaces or of_model(reference) in self.interfaces

    def _add_load_balancer(self, projection: Mapping[str, Any]) -> None:
        self.balancers.add(projection["id"].lower())
        for forwarding, pools, target in read_forwardings(projection):
            for pool in pools:
                self.by_pool.setdefault(pool, []).append(forwarding)
            if forwarding.stage == INBOUND_NAT_RULE:
                self.nat_rules[forwarding.id.lower()] = forwarding
            if target is not None:
                self.by_target.setdefault(of_model(target), []).append(forwarding)
        for pool, members in projection["pools"].items():
            for configuration in members["configurations"]:
                self.pools_of.setdefault(of_model(configuration), []).append(pool)
            for network, address in members["addresses"]:
                self.pools_at.setdefault((network, parse_address(address)[1]), []).append(pool)


_DEFAULTS: Final = tuple(map(compile_rule, DEFAULT_RULES))
"""Shared by all NSGs: nobody is ever to blame for them."""
_GO_ON: Final = (compile_rule(GO_ON),)


def _compile(
    projection: Mapping[str, Any],
    behind: tuple[SecurityRule, ...],
    compiled: _Compiled,
) -> RuleSet:
    fields = tuple(map(RuleFields.from_json, projection["rules"]))
    found = compiled.get((fields, behind))
    if found is None:
        found = compiled[fields, behind] = RuleSet.compiled(fields, behind)
    return found
