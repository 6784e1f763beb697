"""Packets about whose fate Azure can be asked: which ones tell whether an exposure is as we say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from shared.domain.exposure import Protocol, SourceClass, Verdict
from shared.domain.probe import Probe, Unaskable
from shared.exposure.addresses import Family
from shared.exposure.intervals import Intervals, intersection, ranges
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.reach import Reach

SENDERS: Final = 8
"""Sender addresses of one packet, spread over all that get through."""

_RUNNING: Final = "running"
_SCALE_SET: Final = "/virtualmachinescalesets/"
NOT_RUNNING: Final = "The virtual machine is {state}: Azure tells what is in force on running ones only."
IN_SCALE_SET: Final = "Azure cannot be asked about instances of scale sets in this way."
NO_MACHINE: Final = "The interface belongs to no virtual machine: Azure tells what is in force on machines."
BEHIND_FIREWALL: Final = (
    "Packets come by way of a firewall that puts an address of its own in place of the sender's."
)
MANY_WAYS: Final = "The addresses with which packets arrive are not known."


def probes_of(
    network: SubscriptionNetwork, rows: Collection[str], ports: Mapping[Protocol, Intervals]
) -> Iterator[Probe | Unaskable]:
    """One packet for each run of ports that the same rules let in, on each path to an interface.

    Args:
        rows: keys of rows of the exposure table; those that lead to no interface are passed over.
        ports: the receiver's ports that matter, by protocol.
    """
    for reach in _exposed(network.reaches_of.values()):
        if reach.key not in rows:
            continue
        reason = _obstacle(network, reach)
        for piece in reach.pieces_on(ports.get(reach.protocol, ())):
            [(low, _), *_] = ranges(intersection((piece.low, piece.high), ports[reach.protocol]))
            if reason is not None or not piece.sources.addresses:
                yield Unaskable(reach.key, reason or MANY_WAYS)
            else:
                yield _probe(network, reach, low, piece.sources.addresses)


def _exposed(reaches: Iterable[Iterable[Reach]]) -> Iterator[Reach]:
    for several in reaches:
        for reach in several:
            if reach.verdict is Verdict.EXPOSED and reach.source_class is SourceClass.INTERNET:
                yield reach


def _obstacle(network: SubscriptionNetwork, reach: Reach) -> str | None:
    arrival, key = reach.arrival, reach.receiver.id.lower()
    if _SCALE_SET in key:
        return IN_SCALE_SET
    if network.tables.interfaces[key].machine is None:
        return NO_MACHINE
    if arrival is None or arrival.unsettled is not None:
        return MANY_WAYS
    if arrival.door is not None:
        return BEHIND_FIREWALL
    state = reach.receiver.state
    return None if state in (None, _RUNNING) else NOT_RUNNING.format(state=state)


def _probe(network: SubscriptionNetwork, reach: Reach, port: int, senders: Intervals) -> Probe:
    if reach.arrival is None:  # `_obstacle` saw to it
        raise ValueError("a probe needs an arrival")
    destination = reach.arrival.destination
    return Probe(
        exposure=reach.key,
        interface=reach.receiver.id,
        machine=network.tables.interfaces[reach.receiver.id.lower()].machine or "",
        protocol=reach.protocol,
        local=_text(destination.address, destination.family),
        port=port,
        senders=tuple(_text(one, destination.family) for one in _spread(senders)),
        five_tuple=destination.family == 4 and destination.in_virtual_network,
    )


def _spread(addresses: Intervals) -> list[int]:
    """Up to `SENDERS` members: the middles of the largest ranges, the largest range first."""
    largest = sorted(ranges(addresses), key=lambda one: (one[0] - one[1], one[0]))
    return [(low + high) // 2 for low, high in largest[:SENDERS]]


def _text(address: int, family: Family) -> str:
    return str(IPv4Address(address) if family == 4 else IPv6Address(address))
