"""Which source has the rows of a type: a table of Resource Graph, a collector, or the scope itself.

Tables as in https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.domain.plan_record import Reading
from shared.domain.reading import DIRECTORY_TYPE, SUBSCRIPTION_TYPE, Listing, Source
from shared.scanners.details import Collector

_TABLES: Final = {
    "microsoft.web/sites/config": Source.APP_SERVICE,
    "microsoft.web/sites/slots/config": Source.APP_SERVICE,
    "microsoft.authorization/policyexemptions": Source.POLICY,
    "microsoft.policyinsights/policystates": Source.POLICY,
    "microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces": Source.COMPUTE,
    "microsoft.security/assessments": Source.SECURITY,
    "microsoft.security/assessments/subassessments": Source.SECURITY,
    "microsoft.security/iotalerts": Source.SECURITY,
}
"""Types with rows in a table other than `resources`."""


class UnknownSourceError(Exception):
    """A collector reads below a type that is itself read below another."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the wanted types are read."""

    listings: tuple[Listing, ...]
    reading: Reading
    orders: dict[str, tuple[tuple[Collector, tuple[str, ...]], ...]] = field(default_factory=dict)
    """Type of a parent -> the collectors that read below it, and what is wanted of each."""


def sources_of(wanted: Iterable[tuple[str, ...]], collectors: Sequence[Collector]) -> Sources:
    """How to read what rules read.

    Args:
        wanted: the types of each rule, lower-cased.

    Raises:
        UnknownSourceError: see there.
    """
    giving = {kind: one for one in collectors for kind in one.types}
    needs: dict[str, set[str]] = {}
    for types in wanted:
        for kind in types:
            needs.setdefault(kind, set()).update(_parents(giving.get(kind), types))
    for parent in {one for parents in needs.values() for one in parents}:
        if parent in giving:
            raise UnknownSourceError(f"{parent} is read below others itself: nothing can be read below it")
        needs.setdefault(parent, set())
    derived = {kind: tuple(sorted(parents)) for kind, parents in needs.items() if kind in giving}
    directory = {kind for kind in needs if _of_directory(kind, derived)}
    orders: dict[str, dict[str, tuple[Collector, list[str]]]] = {}
    for kind, parents in sorted(derived.items()):
        for parent in parents:
            _, types_of = orders.setdefault(parent, {}).setdefault(
                giving[kind].name, (giving[kind], list[str]())
            )
            types_of.append(kind)
    return Sources(
        listings=tuple(_listings(sorted(set(needs) - set(derived)))),
        reading=Reading(
            types=tuple(sorted(set(needs) - directory)),
            directory_types=tuple(sorted(directory)),
            derived=derived,
        ),
        orders={
            parent: tuple((one, tuple(types_of)) for one, types_of in below.values())
            for parent, below in orders.items()
        },
    )


def _parents(collector: Collector | None, types: tuple[str, ...]) -> set[str]:
    """The parents that a rule means: those that it reads too, or the only one there is."""
    if collector is None:
        return set()
    if len(collector.parents) == 1:
        return set(collector.parents)
    named = set(collector.parents) & set(types)
    return named or set(collector.parents)


def _of_directory(kind: str, derived: dict[str, tuple[str, ...]]) -> bool:
    return kind == DIRECTORY_TYPE or any(_of_directory(one, derived) for one in derived.get(kind, ()))


def _listings(types: list[str]) -> Iterable[Listing]:
    grouped: dict[Source, list[str]] = {}
    for kind in types:
        if kind == DIRECTORY_TYPE:
            yield Listing(source=Source.SCOPE, types=(kind,), directory=True)
        elif kind == SUBSCRIPTION_TYPE:
            grouped.setdefault(Source.SCOPE, []).append(kind)
        else:
            grouped.setdefault(_TABLES.get(kind, Source.RESOURCES), []).append(kind)
    for source in sorted(grouped, key=list(Source).index):
        yield Listing(source=source, types=tuple(grouped[source]))
