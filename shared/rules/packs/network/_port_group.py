"""Groups of ports that belong to one kind of service, as rules and people speak of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.exposure import Protocol
from shared.exposure.intervals import Intervals, difference, size
from shared.exposure.ports import write_ports


@dataclass(frozen=True, slots=True)
class PortGroup:
    """Ports of one kind of service by protocol; `label` begins a sentence, such as `SSH`."""

    label: str
    ports: Mapping[Protocol, Intervals]
    whole: bool = False
    """Only an opening of all of them on one protocol counts."""
    called: str = ""
    """What a title calls them, where that is not the label."""

    @property
    def name(self) -> str:
        """What a title calls the ports."""
        return self.called or self.label

    def counted(self, opened: Mapping[Protocol, Intervals]) -> dict[Protocol, Intervals]:
        """What of an opening counts."""
        return {
            protocol: ports
            for protocol, ports in opened.items()
            if not self.whole or not difference(self.on(protocol), ports)
        }

    def on(self, protocol: Protocol) -> Intervals:
        """The ports on one protocol, none when the group has none there."""
        return self.ports.get(protocol, ())


def in_words(label: str, opened: Mapping[Protocol, Intervals]) -> str:
    """`SSH port 22`, `Database ports 1433, 27017-27019`, with the protocol named where it is not TCP."""
    parts = []
    for protocol, ports in opened.items():
        listed = ", ".join(write_ports(ports))
        parts.append(listed if protocol is Protocol.TCP else f"{protocol.value}/{listed}")
    single = sum(size(ports) for ports in opened.values()) == 1
    return f"{label} port{'' if single else 's'} {', '.join(parts)}"
