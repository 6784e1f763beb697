"""The sample resources of every rule: `tests/corpus/<rule id>/<case>.json`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from shared.domain.coverage import ReadFailure
from shared.domain.resource import Resource, UnreadableResourceError, parse_row
from shared.exposure import SubscriptionNetwork, project
from shared.rules.base import RuleScope
from shared.rules.registry import column_plan, get
from shared.rules.resources import ResourceColumns, SubscriptionResources

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
Understood = TypeVar("Understood")
FOLDER = Path(__file__).parents[2] / "corpus"


def cases() -> list[tuple[str, str]]:
    """Rule id and case name of every sample."""
    return [(path.parent.name, path.stem) for path in sorted(FOLDER.glob("*/*.json"))]


def load(rule_id: str, case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / rule_id / f"{case}.json").read_text())
    return found


def subject_of(rule_id: str, sample: dict[str, Any]) -> SubscriptionNetwork | SubscriptionResources:
    """What the rule looks at: the joined network of a sample, or its resources by their columns."""
    if get(rule_id).metadata.scope is RuleScope.NETWORK:
        return network_of(sample["resources"])
    return resources_of(sample["resources"], sample.get("incomplete"))


def network_of(rows: list[dict[str, Any]]) -> SubscriptionNetwork:
    """The joined network of a sample; rows that cannot be read become failures, as in a scan."""
    return SubscriptionNetwork.build(*_read(rows, project))


def resources_of(
    rows: list[dict[str, Any]], incomplete: dict[str, str] | None = None
) -> SubscriptionResources:
    """The resources of a sample by their columns; rows that cannot be read become failures."""

    def columns(resource: Resource) -> ResourceColumns | None:
        found = column_plan().columns(resource)
        return None if found is None else ResourceColumns(resource.id, resource.type, found)

    read, failures = _read(rows, columns)
    kept = [one for one in read if one is not None]
    return SubscriptionResources.build(SUBSCRIPTION, kept, failures, incomplete)


def _read(
    rows: list[dict[str, Any]], understand: Callable[[Resource], Understood]
) -> tuple[list[Understood], list[ReadFailure]]:
    found, failures = [], []
    for row in rows:
        try:
            found.append(understand(parse_row(row)))
        except UnreadableResourceError as error:
            failures.append(ReadFailure(resource_id=error.resource_id, type=error.type, reason=error.reason))
    return found, failures
