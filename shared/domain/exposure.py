"""A row of the exposure table: who reaches what, how, and which rule decided (contract X-11)."""

from __future__ import annotations

from enum import StrEnum

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

    model_config = ConfigDict(frozen=True)

    stage: str = Field(description="public_ip, admin_rules, subnet_nsg, nic_nsg, network_interface ...")
    resource_id: str | None
    rule: str | None
    priority: int | None
    decision: str = Field(description="enters, allow, deny, closed, open, delivers")


class Exposure(BaseModel):
    """Ports of one receiver that one class of sources reaches through one entry point."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

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
