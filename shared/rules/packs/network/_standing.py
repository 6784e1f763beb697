"""How far an opening of an NSG reaches, seen along the whole path."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.exposure import SourceClass, Verdict
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.reach import Reach, lets_azure_in
from shared.exposure.stopping import what_stops
from shared.exposure.tables import SecurityGroup
from shared.rules.packs.network._openings import Opening
from shared.rules.packs.network._risk import Standing

_ORDER = (
    (Verdict.EXPOSED, Standing.EXPOSED),
    (Verdict.UNVERIFIED, Standing.UNVERIFIED),
    (Verdict.POSSIBLE, Standing.POSSIBLE),
)
"""From the worst verdict to the least."""


@dataclass(frozen=True, slots=True)
class Placement:
    """How far an opening reaches, through what, or what stops it."""

    standing: Standing
    azure_only: bool
    reaches: tuple[Reach, ...] = ()
    stopped_by: str | None = None
    unread: tuple[str, ...] = ()


def place(network: SubscriptionNetwork, key: str, group: SecurityGroup, opening: Opening) -> Placement:
    """The standing of one opening: the worst of what goes through it."""
    reaches = opening.reaches(network.reaches_through.get(key, ()))
    ranked = [(_rank(opening, reach), reach) for reach in reaches]
    telling = tuple(reach for rank, reach in ranked if rank is not None)
    if telling:
        standing, azure_only = min(rank for rank, _ in ranked if rank is not None)
        return Placement(_ORDER[standing][1], azure_only or opening.azure_only, telling)
    attachment = network.attachment(key)
    if attachment.unread:
        return Placement(Standing.UNVERIFIED, opening.azure_only, unread=tuple(attachment.unread))
    if not attachment.attached:
        return Placement(Standing.UNATTACHED, opening.azure_only)
    for protocol, ports in opening.ports.items():
        stopped_by = what_stops(network, key, opening.rule, protocol, ports)
        if stopped_by is not None:
            return Placement(Standing.STOPPED, opening.azure_only, stopped_by=stopped_by)
    return Placement(Standing.LATENT, opening.azure_only)


def _rank(opening: Opening, reach: Reach) -> tuple[int, bool] | None:
    """Order of how bad a reach is: verdict, then class; None when only a few listed addresses get through."""
    azure_only = reach.source_class is not SourceClass.INTERNET
    if azure_only:
        pieces = reach.pieces_on(opening.ports.get(reach.protocol, ()))
        if not any(lets_azure_in(piece) for piece in pieces if opening.decides(piece)):
            return None
    return [verdict for verdict, _ in _ORDER].index(reach.verdict), azure_only
