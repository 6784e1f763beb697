"""Entry points: endpoints of platform services, which filter with rules of their own (semantics 1g)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from shared.domain.exposure import Protocol, Verdict
from shared.domain.resource import Resource, parse_arm_id
from shared.exposure.addresses import Family
from shared.exposure.admission import names_ipv6
from shared.exposure.arrival import Arrival
from shared.exposure.destinations import Destination
from shared.exposure.first_match import Reading, RuleSet
from shared.exposure.path import Decider, Piece, StageName, by_class
from shared.exposure.reach import Reach, Receiver
from shared.exposure.security_rule import RuleFields

SERVICE_ENDPOINT: Final = "service_endpoint"
NOTE_PERIMETER: Final = (
    "A network security perimeter decides who may connect; its access rules were not read."
)


@dataclass(frozen=True, slots=True)
class Service:
    """A platform service with an endpoint of its own."""

    id: str
    rules: RuleSet
    doubt: str | None
    """Why its rules may not be what decides, in words."""
    awaits: str | None
    """Why its rules are not known until they are read by themselves, in words; `rules` suppose the worst."""
    closed: bool
    """Public access is switched off: its rules do not matter."""
    state: str | None

    def decided_by(self, rules: RuleSet) -> Service:
        """The service once its own rules were read."""
        return self if self.closed else replace(self, rules=rules, awaits=None)

    def reaches(self) -> Iterator[Reach]:
        """Who gets to the endpoint, on TCP."""
        note = self.doubt or self.awaits
        verdict = Verdict.EXPOSED if note is None else Verdict.UNVERIFIED
        receiver = Receiver(
            self.id,
            parse_arm_id(self.id).subscription_id.lower(),
            {StageName.SERVICE_FIREWALL: self.id},
            stage="platform_service",
            behind=StageName.SERVICE_FIREWALL if self.awaits is None else None,
            state=self.state,
        )
        families: tuple[Family, ...] = (4, 6) if names_ipv6(self.rules) else (4,)
        for family in families:
            destination = Destination(family, 0, in_virtual_network=False)
            arrival = Arrival(self.id, None, destination, False, entry_stage=SERVICE_ENDPOINT)
            for judgement in by_class(verdict, self._pieces(destination), family, note):
                yield Reach(receiver, arrival, Protocol.TCP, judgement, verdict)

    def _pieces(self, destination: Destination) -> list[Piece]:
        segments = self.rules.segments(Protocol.TCP, destination, Reading.CERTAIN)
        return [
            Piece(
                segment.low,
                segment.high,
                segment.sources,
                tuple(
                    Decider(StageName.SERVICE_FIREWALL, grant.rule)
                    for grant in segment.grants
                    if grant.rule.name
                ),
            )
            for segment in segments
        ]


def allow(name: str, sources: Sequence[str], ports: Sequence[int]) -> RuleFields:
    """A rule of a service that lets sources in at TCP ports; a rule without a name is nobody's decision."""
    return rule_of_service(name, 0, "allow", sources, ports)


def rule_of_service(
    name: str, priority: int, action: str, sources: Sequence[str], ports: Sequence[int]
) -> RuleFields:
    """A rule of a service; priority 0 where the service's rules have none."""
    return RuleFields(name, priority, action, "tcp", tuple(map(str, ports)), tuple(sources), ("*",), ())


def project_service(
    resource: Resource,
    rules: Iterable[RuleFields],
    *,
    doubt: str | None = None,
    awaits: str | None = None,
    closed: bool = False,
    state: str | None = None,
) -> dict[str, Any]:
    """The columns of a platform service; a closed one has no rules."""
    return {
        "kind": "service",
        "id": resource.id,
        "rules": [] if closed else [rule.as_json() for rule in rules],
        "doubt": None if closed else doubt,
        "awaits": None if closed else awaits,
        "closed": closed,
        "state": state,
    }


def service_rules(service_id: str, rules: Iterable[RuleFields]) -> dict[str, Any]:
    """The columns of a service's own rules where they were read apart from it."""
    return {"kind": "service_rules", "id": service_id, "rules": [rule.as_json() for rule in rules]}


def read_service(projection: Mapping[str, Any], rules: RuleSet) -> Service:
    """The inverse of `project_service`, with the rules compiled."""
    return Service(
        id=projection["id"],
        rules=rules,
        doubt=projection["doubt"],
        awaits=projection["awaits"],
        closed=projection["closed"],
        state=projection["state"],
    )


def public_access(resource: Resource) -> str:
    """`publicNetworkAccess`, lower-cased; `` when Azure leaves it null, as in older resources."""
    value = resource.properties.get("publicNetworkAccess")
    return value.lower() if isinstance(value, str) else ""


def perimeter_doubt(access: str) -> str | None:
    """The doubt of a service behind a network security perimeter."""
    return NOTE_PERIMETER if access == "securedbyperimeter" else None
