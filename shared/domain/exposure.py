"""A row of the exposure table: who reaches what, how, and which rule decided (contract X-11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field


class SourceClass(StrEnum):
    """Who may send (exposure specification, semantics 7 and 8)."""

    INTERNET = "internet"
    LIMITED = "limited"
    AZURE = "azure"
    TAG = "tag"


class Verdict(StrEnum):
    """How sure the path is (exposure specification, "How verdicts read")."""

    EXPOSED = "exposed"
    UNVERIFIED = "unverified"
    POSSIBLE = "possible"
    LATENT = "latent"
    UNATTACHED = "unattached"


class Protocol(StrEnum):
    """Protocols of an exposure row; `any` is never emitted: one row each."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"


class PathStep(BaseModel):
    """One stage of the path and what decided there."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    stage: str = Field(description="public_ip, admin_rules, subnet_nsg, nic_nsg, network_interface ...")
    resource_id: str | None
    rule: str | None
    priority: int | None
    decision: str = Field(description="enters, allow, deny, closed, open, delivers")


class Exposure(BaseModel):
    """Ports of one receiver that one class of sources reaches through one entry point."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, defer_build=True)

    subscription_id: str
    entry_point: str | None
    resource_id: str
    public_ip: str | None
    protocol: Protocol
    ports: tuple[str, ...] = Field(description="as a stranger dials them: '22', '20-25', '*'")
    backend_ports: tuple[str, ...]
    source_class: SourceClass = Field(alias="class")
    verdict: Verdict
    path: tuple[PathStep, ...]
    note: str | None = Field(default=None, description="the assumption or doubt behind a verdict, in words")
    receiver_state: str | None = None

    @property
    def key(self) -> str:
        """Identity of the row inside a scan."""
        return "|".join(
            (
                (self.entry_point or "").lower(),
                self.resource_id.lower(),
                self.protocol.value,
                self.source_class.value,
                self.verdict.value,
            )
        )

    def has_port(self, port: int) -> bool:
        """Whether a stranger dials `port`; `*` holds every one. ICMP has none, though its rows say `*`."""
        return self.protocol is not Protocol.ICMP and any(_holds(text, port) for text in self.ports)

    def concerns(self, resource: str) -> bool:
        """Whether the ARM id `resource` (lower-cased) is the entry point, the receiver, or on the path."""
        named = (self.entry_point, self.resource_id, *(step.resource_id for step in self.path))
        return any(one is not None and one.lower() == resource for one in named)


def _holds(ports: str, port: int) -> bool:
    if ports == "*":
        return True
    low, _, high = ports.partition("-")
    return int(low) <= port <= int(high or low)


@dataclass(frozen=True, slots=True)
class ExposureFilter:
    """Which rows of the exposure table are asked for; an empty member asks for all."""

    classes: tuple[SourceClass, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    port: int | None = None
    resource: str | None = None
    """An ARM id, lower-cased."""

    @property
    def looks_inside(self) -> bool:
        """Whether class and verdict do not decide alone."""
        return self.port is not None or self.resource is not None

    def takes(self, row: Exposure) -> bool:
        """Whether a row is asked for."""
        return (
            (not self.classes or row.source_class in self.classes)
            and (not self.verdicts or row.verdict in self.verdicts)
            and (self.port is None or row.has_port(self.port))
            and (self.resource is None or row.concerns(self.resource))
        )


EVERY_EXPOSURE: Final = ExposureFilter()
