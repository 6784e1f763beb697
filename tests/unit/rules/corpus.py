"""The sample resources of every rule: `tests/corpus/<rule id>/<case>.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from shared.attack_paths.analysis import find_paths
from shared.domain.coverage import ReadFailure
from shared.domain.resource import Resource, UnreadableResourceError, parse_row
from shared.exposure import NETWORK_TYPES, SubscriptionNetwork, project
from shared.rules.base import RuleScope
from shared.rules.estate import Estate
from shared.rules.registry import column_plan, get
from shared.rules.resources import ResourceColumns, SubscriptionResources

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
DIRECTORY = "tenant-99999999-8888-7777-6666-555555555555"
AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When the resources of a sample were read, unless it says otherwise (`as_of`)."""
Understood = TypeVar("Understood")
FOLDER = Path(__file__).parents[2] / "corpus"


def cases() -> list[tuple[str, str]]:
    """Rule id and case name of every sample."""
    return [(path.parent.name, path.stem) for path in sorted(FOLDER.glob("*/*.json"))]


def load(rule_id: str, case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / rule_id / f"{case}.json").read_text())
    return found


def subject_of(rule_id: str, sample: dict[str, Any]) -> SubscriptionNetwork | SubscriptionResources | Estate:
    """What the rule looks at: the joined network of a sample, its resources by their columns, or both."""
    if get(rule_id).metadata.scope is RuleScope.NETWORK:
        return network_of(sample["resources"])
    if get(rule_id).metadata.scope is RuleScope.ESTATE:
        return estate_of(sample["resources"], sample.get("incomplete"), sample.get("unread", ()))
    directory = get(rule_id).metadata.scope is RuleScope.DIRECTORY
    return resources_of(
        sample["resources"],
        sample.get("incomplete"),
        within=DIRECTORY if directory else SUBSCRIPTION,
        as_of=datetime.fromisoformat(sample["as_of"]) if "as_of" in sample else AS_OF,
        unread=sample.get("unread", ()),
    )


def network_of(rows: list[dict[str, Any]]) -> SubscriptionNetwork:
    """The joined network of a sample; rows that cannot be read become failures, as in a scan."""
    return SubscriptionNetwork.build(*_read(rows, project))


def estate_of(
    rows: list[dict[str, Any]],
    incomplete: dict[str, str] | None = None,
    unread: Iterable[Mapping[str, str]] = (),
) -> Estate:
    """Resources and network of a sample, and where its attack paths lead."""
    network = network_of([row for row in rows if str(row.get("type")).lower() in NETWORK_TYPES])
    resources = resources_of(rows, incomplete, unread=unread)
    estate = Estate(resources, network, list(network.exposures()))
    estate.routes = find_paths(estate).routes
    return estate


def resources_of(
    rows: list[dict[str, Any]],
    incomplete: dict[str, str] | None = None,
    *,
    within: str = SUBSCRIPTION,
    as_of: datetime = AS_OF,
    unread: Iterable[Mapping[str, str]] = (),
) -> SubscriptionResources:
    """The resources of a sample by their columns; rows that cannot be read become failures.

    Args:
        unread: parents whose children of a type could not be read: {"type", "of", "reason"}.
    """

    def columns(resource: Resource) -> ResourceColumns | None:
        found = column_plan().columns(resource)
        return None if found is None else ResourceColumns(resource.id, resource.type, found)

    read, failures = _read(rows, columns, within)
    failures += [ReadFailure(resource_id=one["of"], type=one["type"], reason=one["reason"]) for one in unread]
    kept = [one for one in read if one is not None]
    return SubscriptionResources.build(within, kept, failures, incomplete, as_of=as_of)


def _read(
    rows: list[dict[str, Any]], understand: Callable[[Resource], Understood], within: str | None = None
) -> tuple[list[Understood], list[ReadFailure]]:
    found, failures = [], []
    for row in rows:
        try:
            found.append(understand(parse_row(row, within=within)))
        except UnreadableResourceError as error:
            failures.append(ReadFailure(resource_id=error.resource_id, type=error.type, reason=error.reason))
    return found, failures
