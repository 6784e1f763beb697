"""A whole estate as a stream of landing zones: any size in constant memory, same seed, same bytes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from samples import edges, full, workloads
from samples.arm import REGIONS, Resource, Scope, guid
from samples.cell import Cell
from samples.control_truth import control_records
from samples.controls import Expectation
from samples.directory_controls import Directory
from samples.edge_truth import edge_record
from samples.network import Address
from samples.planting import ordinary_rules, plant
from samples.records import Plant, truth_records
from samples.shapes import Shape
from samples.traps import TRAPS
from samples.weaknesses import WEAKNESSES

MAX_RESOURCES = 5_000_000
MAX_SUBSCRIPTIONS = 10_000

SHAPES = WEAKNESSES + TRAPS

_RESOURCES_PER_SUBSCRIPTION = 5_000
_SKEWED_SHARE = 0.6
_ROTATION = 3  # every third cell takes the next shape of the deck, so that no shape is left to chance
_CELLS_PER_EDGE = 8  # in furnished estates
_EXTRA_PLANT = 0.22  # and this share of the other cells gets an everyday weakness
_EVERYDAY = tuple(
    shape
    for shape in SHAPES
    if shape.name
    in {"any_source", "internet_tag", "zero_prefix", "plural_ports", "port_range", "shadowed_by_deny"}
)


@dataclass(frozen=True, slots=True)
class EstateSpec:
    """What estate to make.

    Raises:
        ValueError: a number is out of its range; the message names it.
    """

    resources: int
    seed: int
    subscriptions: int | None = None
    skew: bool = False
    furnished: bool = False
    """Whether everything that a full scan reads stands beside the network."""
    now: datetime = full.NOW
    """The day around which dates are laid, in furnished estates."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1 <= self.resources <= MAX_RESOURCES:
            raise ValueError(f"resources must be 1 to {MAX_RESOURCES:,}, not {self.resources:,}")
        if self.subscriptions is not None and not 1 <= self.subscriptions <= MAX_SUBSCRIPTIONS:
            raise ValueError(f"subscriptions must be 1 to {MAX_SUBSCRIPTIONS:,}, not {self.subscriptions:,}")

    @property
    def subscription_count(self) -> int:
        """As asked for; otherwise one for every 5,000 resources, and at least two from 500 resources on."""
        if self.subscriptions is not None:
            return self.subscriptions
        share = round(self.resources / _RESOURCES_PER_SUBSCRIPTION)
        return max(2 if self.resources >= 500 else 1, share)


@dataclass(frozen=True, slots=True)
class Part:
    """A self-contained piece of an estate: no resource in it refers to one outside."""

    resources: list[Resource]
    plants: list[Plant]
    expectations: list[Expectation] = field(default_factory=list)
    edge: str | None = None
    """Shape of the edge that this part is."""

    def truth(self) -> Iterator[dict[str, Any]]:
        """The truth records of this part.

        Raises:
            PlantingError: the evaluator disagrees with what was planted.
        """
        yield from truth_records(self.resources, self.plants)
        yield from control_records(self.resources, self.expectations)
        if self.edge is not None:
            yield edge_record(self.edge, self.resources)


def _add_machines(cell: Cell) -> None:
    """Ordinary machines on an application subnet; some have a public IP, none exposes a judged port."""
    rng = cell.rng
    guarded = rng.random() >= 0.10
    nsg = cell.add_nsg("app", ordinary_rules(rng, web=rng.random() < 0.25)) if guarded else None
    subnet = cell.add_subnet("app", nsg)
    second = (
        cell.add_nsg("hosts", ordinary_rules(rng, web=rng.random() < 0.25)) if rng.random() < 0.85 else None
    )
    for _ in range(rng.randint(2, 8)):
        own = second if rng.random() < 0.5 else None
        public = None
        if rng.random() < 0.09:
            # Basic and no NSG would be open to everyone: that is a weakness, which only a plant may be.
            basic = (nsg or own) and rng.random() < 0.04
            public = cell.add_public_ip(f"host{cell.machines}", sku="Basic" if basic else "Standard")
        cell.add_machine("app", subnet, (Address(cell.private_address(subnet), public),), nsg=own)


def _add_data_subnet(cell: Cell) -> None:
    """A subnet for private endpoints with an NSG of its own, in six cells of ten."""
    if cell.rng.random() < 0.6:
        cell.add_subnet("data", cell.add_nsg("data", ordinary_rules(cell.rng, web=False)))


def _add_data_services(cell: Cell) -> None:
    rng, scope = cell.rng, cell.scope
    for serial in range(rng.randint(1, 3)):
        cell.add(workloads.storage_account(scope, f"st{cell.label}{rng.getrandbits(20):05x}{serial}", rng))
    cell.add(workloads.key_vault(scope, f"kv-{cell.label}-{rng.getrandbits(16):04x}", rng))
    if rng.random() < 0.24:
        cell.add(*workloads.sql_server(scope, f"sql-{cell.label}", rng))


def _add_applications(cell: Cell) -> None:
    rng, scope = cell.rng, cell.scope
    for serial in range(rng.randint(1, 3)):
        cell.add(workloads.web_app(scope, f"app-{cell.label}-{serial}", rng))
    if rng.random() < 0.125:
        cell.add(workloads.kubernetes_cluster(scope, f"aks-{cell.label}", rng))
        cell.add(workloads.container_registry(scope, f"cr{cell.label}{rng.getrandbits(16):04x}", rng))


def _add_roles(cell: Cell) -> None:
    for _ in range(cell.rng.randint(1, 5)):
        cell.add(workloads.role_assignment(cell.scope, cell.rng))


DISTRICTS: tuple[Callable[[Cell], None], ...] = (
    _add_machines,
    _add_data_subnet,
    _add_data_services,
    _add_applications,
    _add_roles,
)
"""What a landing zone is made of. Another kind of entry point (load balancer, firewall) is one more."""


def _subscription_of(spec: EstateSpec, number: int, rng: Random) -> int:
    count = spec.subscription_count
    if count == 1 or not spec.skew:
        return number % count
    return 0 if rng.random() < _SKEWED_SHARE else 1 + number % (count - 1)


def subscription_id(seed: int, index: int) -> str:
    """GUID of the estate's subscription `index`."""
    return guid(Random(f"{seed}:subscription:{index}"))


def _scope(spec: EstateSpec, number: int, rng: Random) -> Scope:
    index = _subscription_of(spec, number, rng)
    subscription = subscription_id(spec.seed, index)
    stage = rng.choice(("prod", "prod", "staging", "dev"))
    tags = {"env": stage, "owner": f"team-{rng.randrange(40):02d}"} if rng.random() < 0.8 else {}
    return Scope(subscription, f"rg-{stage}-{number:05d}", rng.choice(REGIONS), tags)


def _deck(seed: int) -> list[Shape]:
    deck = list(SHAPES)
    Random(f"{seed}:deck").shuffle(deck)
    return deck


def _shape_for(number: int, deck: list[Shape], rng: Random) -> Shape | None:
    if number % _ROTATION == 0:
        return deck[number // _ROTATION % len(deck)]
    return rng.choice(_EVERYDAY) if rng.random() < _EXTRA_PLANT else None


def _cell(spec: EstateSpec, number: int, deck: list[Shape], *, whole: bool) -> Cell:
    """Cell `number`; not `whole`: only its plant and roles, for the end of an estate."""
    rng = Random(f"{spec.seed}:{number}")
    scope = _scope(spec, number, rng)
    shape = _shape_for(number, deck, rng)
    cell = Cell(number, scope, rng, dual_stack=shape is not None and shape.ipv6)
    if shape is not None:
        plant(cell, shape)
    for build in DISTRICTS if whole else (_add_roles,):
        build(cell)
    return cell


def _filler(spec: EstateSpec, number: int, count: int) -> list[Resource]:
    """`count` resources that stand alone, to end an estate at exactly the size asked for."""
    rng = Random(f"{spec.seed}:filler")
    scope = _scope(spec, number, rng)
    resources = []
    for serial in range(count):
        if serial % 3:
            resources.append(workloads.role_assignment(scope, rng))
        else:
            resources.append(workloads.storage_account(scope, f"st{number:05d}{serial:06d}", rng))
    return resources


def _end(spec: EstateSpec, number: int, count: int, directory: Directory | None) -> Part:
    """The last `count` resources; in a furnished estate only such as nothing hangs on."""
    if directory is None:
        return Part(_filler(spec, number, count), [])
    rng = Random(f"{spec.seed}:end")
    scope = _scope(spec, number, rng)
    lines = [workloads.role_assignment(scope, rng) for _ in range(count)]
    return Part(lines, [], [meant for line in lines for meant in full.assign(line, directory, rng)])


def _part(
    spec: EstateSpec, number: int, deck: list[Shape], directory: Directory | None, *, whole: bool
) -> Part:
    """Landing zone `number`, furnished where the estate has a directory."""
    cell = _cell(spec, number, deck, whole=whole)
    if directory is None:
        return Part(cell.resources, cell.plants)
    rng = Random(f"{spec.seed}:{number}:furnished")
    added = full.furnish(cell.resources, cell.scope, cell.label, directory, rng, spec.now)
    return Part([*cell.resources, *added.resources], cell.plants, added.expectations)


def _edge(spec: EstateSpec, number: int) -> Part:
    """Edge `number`: the shapes take turns."""
    rng = Random(f"{spec.seed}:{number}:edge")
    shape = tuple(edges.SHAPES)[number % len(edges.SHAPES)]
    resources = edges.build(shape, number, _scope(spec, number, rng), rng)
    assessed = full.assess(resources)
    return Part([*resources, *assessed.resources], [], assessed.expectations, edge=shape)


def parts(spec: EstateSpec) -> Iterator[Part]:
    """The estate piece by piece, `spec.resources` resources in all, one piece in memory at a time."""
    deck = _deck(spec.seed)
    left, number, directory = spec.resources, 0, None
    if spec.furnished:
        subscriptions = [subscription_id(spec.seed, index) for index in range(spec.subscription_count)]
        tenant, known = full.tenant(spec.seed, spec.resources, subscriptions, spec.now)
        if len(tenant.resources) <= left // 2:
            directory = known
            yield Part(tenant.resources, [], tenant.expectations)
            left -= len(tenant.resources)
    while left:
        part = _part(spec, number, deck, directory, whole=True)
        if len(part.resources) > left:
            part = _part(spec, number, deck, directory, whole=False)
        if len(part.resources) > left:
            yield _end(spec, number, left, directory)
            return
        yield part
        left -= len(part.resources)
        number += 1
        if directory is not None and number % _CELLS_PER_EDGE == 0:
            edge = _edge(spec, number // _CELLS_PER_EDGE)
            if len(edge.resources) <= left:
                yield edge
                left -= len(edge.resources)
