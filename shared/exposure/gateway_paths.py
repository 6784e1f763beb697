"""The ways in to a gateway's public listeners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from shared.domain.exposure import Protocol
from shared.exposure.addresses import Family, parse_address
from shared.exposure.arrival import Arrival, Door, Translation, Unsettled
from shared.exposure.destinations import Destination
from shared.exposure.gateway import Gateway
from shared.exposure.public_ip import PublicIp
from shared.exposure.reach import Receiver
from shared.exposure.sources import SourceSet, parse_sources
from shared.exposure.topology import Entrance, Topology, subscription_of


def gateway_entrances(
    topology: Topology, gateway: Gateway, public_ips: Mapping[str, PublicIp]
) -> Iterator[Entrance]:
    """Every public listener of a gateway, and what stands before it.

    The gateway's own addresses are somewhere in its subnet.
    """
    receiver = Receiver(
        gateway.id,
        subscription_of(gateway.id),
        topology.owners_at(gateway.subnet, None),
        stage=gateway.stage,
        state=gateway.state,
    )
    for listener in gateway.listeners:
        known = public_ips.get(listener.public_ip.lower())
        frontend = _frontend(known)
        family: Family = frontend.family if frontend else 4
        arrival = Arrival(
            entry_point=known.id if known else listener.public_ip,
            public_ip=known.address if known else None,
            destination=Destination(family, 0),
            closed_without_nsg=False,
            protocols=(Protocol.TCP,),
            translation=Translation((listener.port, listener.port + 1)),
            via=listener.id,
            via_stage=f"{gateway.stage}_listener" if listener.id is not None else None,
            door=_door(gateway, family),
        )
        stages = topology.stages_at(gateway.subnet, None, family, False)
        if listener.shared and frontend is not None:
            arrival = replace(arrival, unsettled=Unsettled(((stages, frontend),), ""))
        yield topology.anywhere_in(gateway.subnet, Entrance(arrival, receiver, stages))


def _door(gateway: Gateway, family: Family) -> Door | None:
    if gateway.sources is None:
        return None
    sources = parse_sources(gateway.sources)
    return Door(SourceSet(sources.addresses(family), sources.tags))


def _frontend(known: PublicIp | None) -> Destination | None:
    """The public address as a destination; None where it is not known."""
    try:
        family, address = parse_address(known.address) if known and known.address else (None, 0)
    except ValueError:
        return None
    return None if family is None else Destination(family, address, in_virtual_network=False)
