"""Internet entry points, and the workloads that they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.exposure import Exposure, SourceClass
from shared.exposure.network import SubscriptionNetwork
from shared.rules.access.certainty import Certainty, certainty_of
from shared.rules.access.workloads import CLUSTER, CONTAINER_GROUP, WORKLOADS
from shared.rules.columns import ColumnError, text_at
from shared.rules.resources import ResourceColumns, SubscriptionResources

_LOGIN: Final = "its API server still asks callers who they are"
_AZURE: Final = "open to every customer of Azure, not to every address"
_CONTAINERS: Final = "network rules of container groups are not evaluated"


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in from the internet: the best exposure row that leads to a workload through an entry point."""

    point: str
    """ARM id of the public address or endpoint."""
    receiver: str
    """Lower-cased ARM id of the workload, store or interface that packets get to."""
    certainty: Certainty
    words: str
    fact: str | None
    note: str | None

    @property
    def rank(self) -> tuple[int, str, str]:
        """The surest first, then by id."""
        return int(self.certainty), self.point.lower(), self.words


def entries_of(
    resources: SubscriptionResources, network: SubscriptionNetwork, exposures: Iterable[Exposure]
) -> dict[str, tuple[Entry, ...]]:
    """Lower-cased id of a receiver -> its entries, one for each entry point, the surest first."""
    best: dict[tuple[str, str], Entry] = {}
    for one in (*_exposed(network, exposures), *_containers(resources)):
        key = (one.receiver, one.point.lower())
        if key not in best or one.rank < best[key].rank:
            best[key] = one
    found: dict[str, list[Entry]] = {}
    for one in best.values():
        found.setdefault(one.receiver, []).append(one)
    return {key: tuple(sorted(ways, key=lambda one: one.rank)) for key, ways in found.items()}


def _exposed(network: SubscriptionNetwork, exposures: Iterable[Exposure]) -> Iterator[Entry]:
    kinds = _kinds(network)
    for row in exposures:
        certainty = certainty_of(row.verdict)
        if row.entry_point is None or certainty is None:
            continue
        if row.source_class not in (SourceClass.INTERNET, SourceClass.AZURE):
            continue
        note = row.note
        if row.source_class is SourceClass.AZURE:
            certainty, note = max(certainty, Certainty.ASSUMED), note or _AZURE
        receiver = kinds.get(row.resource_id.lower(), row.resource_id.lower())
        if f"/providers/{CLUSTER}/" in receiver:
            certainty, note = max(certainty, Certainty.ASSUMED), note or _LOGIN
        through = row.public_ip or row.entry_point.rsplit("/", 1)[-1]
        words = f"{row.protocol.value} {', '.join(row.ports[:5])} through {through}"
        yield Entry(row.entry_point, receiver, certainty, words, _deciding(row), note)


def _kinds(network: SubscriptionNetwork) -> Mapping[str, str]:
    """Interface -> its machine, both lower-cased."""
    return {key: network.subject_of(key).lower() for key in network.tables.interfaces}


def _deciding(row: Exposure) -> str | None:
    """The rule that decided last, else where packets get in."""
    decided = [one for one in row.path if one.rule is not None and one.resource_id is not None]
    if decided:
        return f"{decided[-1].resource_id}#{decided[-1].rule}"
    return row.entry_point


def _containers(resources: SubscriptionResources) -> Iterator[Entry]:
    for one in resources.of(CONTAINER_GROUP):
        address = _public_address(one)
        if address is not None:
            yield Entry(one.id, one.key, Certainty.UNREAD, f"its address {address}", one.id, _CONTAINERS)


def _public_address(group: ResourceColumns) -> str | None:
    try:
        if (text_at(group.columns, "properties.ipAddress.type") or "").lower() != "public":
            return None
        return text_at(group.columns, "properties.ipAddress.ip") or "of its own"
    except ColumnError as error:
        return f"({error})"


def is_workload(kind: str) -> bool:
    """Whether something of this lower-cased type runs code."""
    return kind in WORKLOADS
