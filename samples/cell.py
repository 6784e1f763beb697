"""A cell (one landing zone) under construction: its virtual network, names, addresses and machines."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from random import Random

from samples import network, workloads
from samples.arm import Resource, Scope
from samples.network import Address, RuleSpec
from samples.records import Plant

SUBNETS_PER_CELL = 4
_SUBNET_BITS = 26
_FIRST_HOST = 4  # Azure keeps the first four addresses of every subnet for itself.

# Odd, hence a bijection modulo 2^24: successive numbers become scattered, distinct addresses of 20.0.0.0/8.
_SCATTER = 0x9E3779B1
_ADDRESSES_PER_CELL = 16


@dataclass
class Cell:
    """One landing zone under construction: everything it holds refers only to things inside it.

    `number` is the cell's place in the estate; private prefix, public addresses and names derive from it.
    """

    number: int
    scope: Scope
    rng: Random
    dual_stack: bool = False
    resources: list[Resource] = field(default_factory=list)
    plants: list[Plant] = field(default_factory=list)
    subnets: int = 0
    machines: int = 0
    public_ips: int = 0

    def __post_init__(self) -> None:
        """Lay out the virtual network: 10.x.y.0/24, and fd00:x:y::/48 when dual-stack."""
        high, low = divmod(self.number % 65536, 256)
        self.prefix = IPv4Network(f"10.{high}.{low}.0/24")
        self.prefix6 = IPv6Network(f"fd00:{high:x}:{low:x}::/48") if self.dual_stack else None
        self.network = network.virtual_network(
            self.scope, f"vnet-{self.label}", self.prefix, self.rng, ipv6_prefix=self.prefix6
        )
        self.resources.append(self.network)

    @property
    def label(self) -> str:
        """What tells this cell's names from another's."""
        return f"{self.number:05d}"

    def add(self, *resources: Resource) -> None:
        """Put finished resources into the estate."""
        self.resources.extend(resources)

    def add_nsg(self, role: str, rules: tuple[RuleSpec, ...]) -> Resource:
        """An NSG named after its role; one in ten answers leaves the default rules out."""
        nsg = network.network_security_group(
            self.scope, f"nsg-{role}-{self.label}", rules, self.rng, list_defaults=self.rng.random() < 0.9
        )
        self.add(nsg)
        return nsg

    def add_subnet(self, role: str, nsg: Resource | None) -> Resource:
        """The next /26 of the cell's network.

        Raises:
            ValueError: the cell has no subnet left.
        """
        if self.subnets == SUBNETS_PER_CELL:
            raise ValueError(f"cell {self.number} already has {SUBNETS_PER_CELL} subnets")
        prefix = list(self.prefix.subnets(new_prefix=_SUBNET_BITS))[self.subnets]
        ipv6 = None
        if self.prefix6 is not None:
            ipv6 = IPv6Network((int(self.prefix6.network_address) + (self.subnets << 64), 64))
        self.subnets += 1
        return network.add_subnet(self.network, f"snet-{role}", prefix, nsg=nsg, ipv6=ipv6)

    def private_address(self, subnet: Resource) -> str:
        """The next free IPv4 address of `subnet`."""
        properties = subnet["properties"]
        prefix = properties.get("addressPrefix") or properties["addressPrefixes"][0]
        base = int(IPv4Network(prefix).network_address)
        host = base + _FIRST_HOST + len(properties["ipConfigurations"])
        return ".".join(str(host >> shift & 255) for shift in (24, 16, 8, 0))

    def add_public_ip(self, role: str, *, sku: str = "Standard", ipv6: bool = False) -> Resource:
        """A public IP of this cell's own share: 20.0.0.0/8, or 2001:db8::/32 (RFC 3849) for IPv6."""
        serial = self.number * _ADDRESSES_PER_CELL + self.public_ips + 1  # 0 would be the network address
        self.public_ips += 1
        if ipv6:
            address = f"2001:db8:{serial >> 16 & 0xFFFF:x}:{serial & 0xFFFF:x}::4"
        else:
            scattered = serial * _SCATTER & 0xFFFFFF
            address = f"20.{scattered >> 16}.{scattered >> 8 & 255}.{scattered & 255}"
        resource = network.public_ip(self.scope, f"pip-{role}-{self.label}", address, self.rng, sku=sku)
        self.add(resource)
        return resource

    def add_machine(
        self,
        role: str,
        subnet: Resource,
        addresses: tuple[Address, ...],
        *,
        nsg: Resource | None = None,
        asgs: tuple[str, ...] = (),
    ) -> Resource:
        """A VM with its NIC and disk; returns the NIC."""
        self.machines += 1
        name = f"vm-{role}-{self.label}-{self.machines:02d}"
        nic = network.network_interface(
            self.scope, f"nic-{name}", subnet, addresses, self.rng, nsg=nsg, asgs=asgs
        )
        self.add(nic, *workloads.virtual_machine(self.scope, name, nic, self.rng))
        return nic
