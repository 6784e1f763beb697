"""The sample resources of every rule: `tests/corpus/<rule id>/<case>.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.domain.coverage import ReadFailure
from shared.domain.resource import UnreadableResourceError, parse_row
from shared.exposure import SubscriptionNetwork, project

FOLDER = Path(__file__).parents[2] / "corpus"


def cases() -> list[tuple[str, str]]:
    """Rule id and case name of every sample."""
    return [(path.parent.name, path.stem) for path in sorted(FOLDER.glob("*/*.json"))]


def load(rule_id: str, case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / rule_id / f"{case}.json").read_text())
    return found


def network_of(rows: list[dict[str, Any]]) -> SubscriptionNetwork:
    """The joined network of a sample; rows that cannot be read become failures, as in a scan."""
    projections, failures = [], []
    for row in rows:
        try:
            projections.append(project(parse_row(row)))
        except UnreadableResourceError as error:
            failures.append(ReadFailure(resource_id=error.resource_id, type=error.type, reason=error.reason))
    return SubscriptionNetwork.build(projections, failures)
