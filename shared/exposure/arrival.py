"""How packets from the internet come to a network interface: the common form of all entry points."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.exposure import Protocol
from shared.exposure.destinations import Destination
from shared.exposure.intervals import Intervals, from_ranges, intersection, ranges
from shared.exposure.path import Stages
from shared.exposure.ports import ALL_PORTS
from shared.exposure.sources import SourceSet


@dataclass(frozen=True, slots=True)
class Translation:
    """Frontend ports that are sent on to backend ports: one to one from `frontend`, or all to one port."""

    frontend: Intervals
    offset: int | None = 0
    """What is added to a frontend port; None when every frontend port goes to `target`."""
    target: int = 0

    def backend(self) -> Intervals:
        """The ports that the receiver sees."""
        if self.offset is None:
            return (self.target, self.target + 1)
        return tuple(bound + self.offset for bound in self.frontend)

    def dialled(self, backend: Intervals) -> Intervals:
        """The frontend ports behind a set of backend ports."""
        if self.offset is None:
            return self.frontend if intersection(backend, self.backend()) else ()
        return intersection(self.frontend, tuple(bound - self.offset for bound in backend))


UNTRANSLATED = Translation(ALL_PORTS)
EVERY_PROTOCOL = (Protocol.TCP, Protocol.UDP, Protocol.ICMP)


@dataclass(frozen=True, slots=True)
class Door:
    """What an entry point that has rules of its own makes of the strangers at it."""

    admitted: SourceSet
    doubt: str | None = None
    """Why it is not sure that packets go on to the receiver, in words; None when it is."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Other packets that may arrive instead, each with the stages as it meets them."""

    others: tuple[tuple[Stages, Destination], ...]
    why: str
    """Why it is not known which of the packets it is, in words."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One entry point in front of one address of an interface, as the filters see its packets."""

    entry_point: str
    """ARM id of the public IP address."""
    public_ip: str | None
    """Its address; None when not allocated or not read."""
    destination: Destination
    closed_without_nsg: bool | None
    """Standard: closed where no NSG is; Basic: open; None: the SKU was not read."""
    protocols: tuple[Protocol, ...] = EVERY_PROTOCOL
    translation: Translation = UNTRANSLATED
    via: str | None = None
    """ARM id of the load balancer rule or NAT rule that sends packets on."""
    via_stage: str | None = None
    """Its name among the stages of a path, such as `inbound_nat_rule`."""
    note: str | None = None
    """What is not known about the way in, in words."""
    entry_stage: str = "public_ip"
    """Name of the entry point among the stages of a path."""
    door: Door | None = None
    """Whom the entry point itself lets in; None: everybody."""
    unsettled: Unsettled | None = None
    """Further ways that the filters may see its packets, where that is not known."""


def dialled_ports(arrival: Arrival, backend: Intervals) -> Intervals:
    """The ports a stranger dials for a set of backend ports."""
    return from_ranges(ranges(arrival.translation.dialled(backend)))
