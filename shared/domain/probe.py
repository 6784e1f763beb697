"""Packets about whose fate Azure can be asked, and paths of which it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.exposure import Protocol


@dataclass(frozen=True, slots=True)
class Probe:
    """One packet as the filters of an interface see it. Ids as Azure spells them."""

    exposure: str
    """Key of the row of the exposure table that it is part of."""
    interface: str
    machine: str
    protocol: Protocol
    local: str
    port: int
    senders: tuple[str, ...]
    """Addresses that may send it, at least one."""
    five_tuple: bool = True
    """Whether IP flow verify understands it: IPv4, to an address of the machine itself."""

    @property
    def key(self) -> str:
        """Identity of the packet: what of it Azure is asked."""
        to = (self.interface.lower(), self.protocol.value, self.local, str(self.port))
        return "|".join((*to, *self.senders))


@dataclass(frozen=True, slots=True)
class Unaskable:
    """A path of which Azure cannot be asked, and why."""

    exposure: str
    reason: str
