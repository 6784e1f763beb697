"""Putting one shape into a cell: its NSGs, its machine, its public address."""

from random import Random

from samples import network
from samples.arm import Resource
from samples.cell import Cell
from samples.network import Address, RuleSpec
from samples.records import Plant
from samples.shapes import GROUP_PORTS, Group, Shape, Target

_RULE_NAMES: dict[Group, tuple[str, ...]] = {
    "ssh": ("SSH", "allow-ssh", "default-allow-ssh", "AllowSshInBound", "ssh-admin"),
    "rdp": ("RDP", "allow-rdp", "default-allow-rdp", "AllowRdpInBound", "rdp-support"),
    "database": ("DB", "allow-db", "AllowDatabaseInBound", "reporting", "db-migration"),
}

# Rules that no judged port is concerned with, as they stand in any NSG.
_ORDINARY: tuple[RuleSpec, ...] = (
    RuleSpec("AllowVnetHttps", 2000, ports="443", sources="VirtualNetwork"),
    RuleSpec("AllowProbe", 2010, ports="*", sources="AzureLoadBalancer", protocol="*"),
    RuleSpec("AllowMonitoring", 2020, ports=("9100", "9182"), sources=("10.0.0.0/8",)),
    RuleSpec("DenyTelnetOut", 2030, "Deny", ports="23", direction="Outbound"),
)


def ordinary_rules(rng: Random, *, web: bool) -> tuple[RuleSpec, ...]:
    """Rules of an NSG that opens nothing judged; with `web`, ports 80 and 443 are open to the internet."""
    rules = tuple(rule for rule in _ORDINARY if rng.random() < 0.4)
    if web:
        rules += (RuleSpec("AllowWeb", 3000, ports=("80", "443"), sources="Internet"),)
    return rules


def _target(cell: Cell, shape: Shape, private_address: str) -> Target:
    rng = cell.rng
    group: Group = rng.choices(("ssh", "rdp", "database"), weights=(4, 3, 3))[0]
    return Target(
        group=group,
        port=rng.choice(GROUP_PORTS[group]),
        rule_name=rng.choice(_RULE_NAMES[group]),
        priority=rng.choice((110, 120, 200, 300, 1000)),
        variant=rng.randrange(1 << 16),
        private_address=private_address,
        other_address=str(cell.prefix.network_address + 250),
        asg_id=cell.scope.id_of(network.ASG, f"asg-app-{cell.label}"),
        other_asg_id=cell.scope.id_of(network.ASG, f"asg-ops-{cell.label}"),
    )


def _planted_nsg(cell: Cell, role: str, shape: Shape, target: Target) -> tuple[Resource, tuple[str, ...]]:
    rules = shape.rules(target)
    blamed = tuple(rule.name for rule in sorted(rules, key=lambda rule: rule.priority) if rule.admits)
    return cell.add_nsg(role, rules + ordinary_rules(cell.rng, web=False)), blamed


def _add_asgs(cell: Cell) -> None:
    names = (f"asg-app-{cell.label}", f"asg-ops-{cell.label}")
    cell.add(*(network.application_security_group(cell.scope, name, cell.rng) for name in names))


def _opposite_nsg(
    cell: Cell, role: str, shape: Shape, target: Target
) -> tuple[Resource, tuple[str, ...]] | None:
    """The NSG of the stage that `shape.stage` leaves to `opposite`, and the rules there that are to blame."""
    if shape.stage == "both":
        return _planted_nsg(cell, f"{role}-nic", shape, target)
    if shape.opposite is None:
        return None
    rules = shape.opposite(target)
    blamed = tuple(rule.name for rule in rules if rule.admits)
    return cell.add_nsg(f"{role}-guard", rules), blamed


def _public_address(cell: Cell, role: str, shape: Shape) -> Resource | None:
    if shape.public_ip is None:
        return None
    return cell.add_public_ip(role, sku=shape.public_ip, ipv6=shape.ipv6)


def _addresses(cell: Cell, subnet: Resource, shape: Shape, public: Resource | None) -> tuple[Address, ...]:
    private = cell.private_address(subnet)
    if not shape.ipv6:
        return (Address(private, public),)
    prefix6 = subnet["properties"]["addressPrefixes"][1]
    return (Address(private), Address(prefix6.removesuffix("/64") + "4", public))


def plant(cell: Cell, shape: Shape) -> None:
    """Plant `shape` in a subnet of its own, and note in the cell what was meant.

    Raises:
        ValueError: the cell has no subnet left, or the shape needs IPv6 and the cell is not dual-stack.
    """
    if shape.ipv6 and not cell.dual_stack:
        raise ValueError(f"{shape.name} needs a dual-stack cell")
    role = f"{cell.rng.choice(('jump', 'batch', 'app', 'etl', 'legacy', 'build'))}{len(cell.plants)}"
    if shape.stage == "address only":
        address = cell.add_public_ip(role)
        cell.plants.append(Plant(shape, "ssh", None, None, address["id"]))
        return
    # The first machine of the next subnet: known before the NSG is written, which may name it.
    first_address = str(cell.prefix.network_address + 64 * cell.subnets + 4)
    target = _target(cell, shape, first_address)
    if shape.uses_asg:
        _add_asgs(cell)
    planted = None if shape.stage == "none" else _planted_nsg(cell, role, shape, target)
    if shape.stage == "unattached" and planted is not None:
        cell.plants.append(Plant(shape, target.group, planted[0]["id"], None, None, planted[1]))
        return
    opposite = _opposite_nsg(cell, role, shape, target)
    on_nic = shape.stage == "nic" or (shape.stage == "either" and cell.rng.random() < 0.5)
    nic_stage, subnet_stage = (planted, opposite) if on_nic else (opposite, planted)
    subnet = cell.add_subnet(role, subnet_stage[0] if subnet_stage else None)
    public = _public_address(cell, role, shape)
    nic = cell.add_machine(
        role,
        subnet,
        _addresses(cell, subnet, shape, public),
        nsg=nic_stage[0] if nic_stage else None,
        asgs=(target.asg_id,) if shape.member_of_asg else (),
    )
    public_id = public["id"] if public else None
    for stage in (planted, opposite):
        if stage is not None and stage[1]:
            cell.plants.append(Plant(shape, target.group, stage[0]["id"], nic["id"], public_id, stage[1]))
    if not any(stage and stage[1] for stage in (planted, opposite)):
        nsg_id = planted[0]["id"] if planted else None
        cell.plants.append(Plant(shape, target.group, nsg_id, nic["id"], public_id))
