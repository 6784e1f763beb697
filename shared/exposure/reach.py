"""What reaches one receiver through one entry point, and its row in the exposure table (contract X-11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.exposure import Exposure, PathStep, Protocol, SourceClass, Verdict
from shared.exposure.arrival import Arrival, dialled_ports
from shared.exposure.intervals import EMPTY, Intervals, intersection, union
from shared.exposure.load_balancer import INBOUND_NAT_RULE, LOAD_BALANCER_RULE
from shared.exposure.path import Decider, Judgement, Piece, StageName
from shared.exposure.ports import write_ports
from shared.exposure.security_rule import Action
from shared.exposure.sources import is_azure

_ORDER: Final = {
    "public_ip": 0,
    "service_endpoint": 0,
    LOAD_BALANCER_RULE: 1,
    INBOUND_NAT_RULE: 1,
    "firewall_nat_rule": 1,
    "application_gateway_listener": 1,
    "network_security_group": 2,
    StageName.ADMIN_RULES.value: 2,
    StageName.SUBNET_NSG.value: 3,
    StageName.NIC_NSG.value: 4,
    StageName.SERVICE_FIREWALL.value: 4,
    "receiver": 5,
}

MAX_STEPS_OF_A_STAGE: Final = 20
"""Deciding rules that a row names for one stage; an NSG may have a thousand."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who receives: an interface (or an unattached NSG), and the NSG or network of each stage."""

    id: str
    subscription_id: str
    stages: Mapping[StageName, str]
    stage: str = "network_interface"
    behind: str | None = "network_security_group"
    """The stage that a path calls open when no rule decides on it; None: nothing filters there."""
    state: str | None = None
    """Power state of the receiver, such as `running`, where it is known."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One judgement about one receiver behind one entry point; `arrival` is None for a supposed one."""

    receiver: Receiver
    arrival: Arrival | None
    protocol: Protocol
    judgement: Judgement
    verdict: Verdict

    @property
    def backend_ports(self) -> Intervals:
        """Ports as the receiver sees them."""
        return self.judgement.ports

    @property
    def source_class(self) -> SourceClass:
        """The class of who gets through."""
        return self.judgement.source_class

    def pieces_on(self, ports: Intervals) -> Iterator[Piece]:
        """The pieces that hold some of `ports` (the receiver's)."""
        return (p for p in self.judgement.pieces if intersection((p.low, p.high), ports))

    @property
    def key(self) -> str:
        """The key of the row that `exposure` gives."""
        entry = (self.arrival.entry_point if self.arrival else "").lower()
        parts = (
            entry,
            self.receiver.id.lower(),
            self.protocol.value,
            self.source_class.value,
            self.verdict.value,
        )
        return "|".join(parts)

    def exposure(self) -> Exposure:
        """The row of the exposure table for this reach alone."""
        [row] = merged_rows((self,))
        return row

    @property
    def ports(self) -> Intervals:
        """Ports as a stranger dials them."""
        return dialled_ports(self.arrival, self.backend_ports) if self.arrival else self.backend_ports

    @property
    def note(self) -> str | None:
        """The doubt behind the verdict or the way in, in words."""
        return self.judgement.note or (self.arrival.note if self.arrival else None)

    def steps(self) -> Iterator[PathStep]:
        """The path: where packets enter, what lets them through at each stage, who receives them."""
        if self.arrival is not None:
            yield _step(self.arrival.entry_stage, self.arrival.entry_point, "enters")
            if self.arrival.via is not None and self.arrival.via_stage is not None:
                yield _step(self.arrival.via_stage, self.arrival.via, "enters")
        stages = deciders_by_stage(self.judgement.pieces)
        for name, deciders in stages.items():
            for decider in deciders[:MAX_STEPS_OF_A_STAGE]:
                yield PathStep(
                    stage=name.value,
                    resource_id=self.receiver.stages.get(name),
                    rule=decider.rule.name,
                    priority=decider.rule.priority or None,
                    decision="delivers" if decider.rule.action is Action.DELIVER else "allow",
                )
        if not stages and self.receiver.behind is not None:
            yield _step(self.receiver.behind, None, "open")
        yield _step(self.receiver.stage, self.receiver.id, "delivers")


def merged_rows(reaches: Iterable[Reach]) -> Iterator[Exposure]:
    """One row for each entry point, receiver, protocol, class and verdict (contract X-11).

    Several rules of a load balancer may lead from one address to one receiver: they share a row.
    """
    by_key: dict[str, list[Reach]] = {}
    for reach in reaches:
        by_key.setdefault(reach.key, []).append(reach)
    for alike in by_key.values():
        first, ports, backend = alike[0], EMPTY, EMPTY
        steps: dict[PathStep, None] = {}
        for reach in alike:
            ports, backend = union(ports, reach.ports), union(backend, reach.backend_ports)
            steps |= dict.fromkeys(reach.steps())
        yield Exposure.model_validate(
            {
                "subscription_id": first.receiver.subscription_id,
                "entry_point": first.arrival.entry_point if first.arrival else None,
                "resource_id": first.receiver.id,
                "public_ip": first.arrival.public_ip if first.arrival else None,
                "protocol": first.protocol,
                "ports": write_ports(ports),
                "backend_ports": write_ports(backend),
                "class": first.source_class,
                "verdict": first.verdict,
                "path": tuple(sorted(steps, key=_place)),
                "note": next((reach.note for reach in alike if reach.note), None),
                "receiver_state": first.receiver.state,
            }
        )


def _place(step: PathStep) -> int:
    """Where a step stands on a path."""
    return _ORDER.get(step.stage, len(_ORDER) - 1)


def deciders_by_stage(pieces: tuple[Piece, ...]) -> dict[StageName, list[Decider]]:
    """The rules that let the pieces through, by stage in the order of the path, by priority in each."""
    found = {decider for piece in pieces for decider in piece.deciders}
    ordered = sorted(found, key=lambda decider: (decider.rule.priority, decider.rule.name))
    by_stage = {name: [d for d in ordered if d.stage is name] for name in StageName}
    return {name: deciders for name, deciders in by_stage.items() if deciders}


def lets_azure_in(piece: Piece) -> bool:
    """Whether every Azure customer gets through, which a few listed addresses beside it do not hide."""
    return any(map(is_azure, piece.sources.tags))


def _step(stage: str, resource_id: str | None, decision: str) -> PathStep:
    return PathStep(stage=stage, resource_id=resource_id, rule=None, priority=None, decision=decision)
