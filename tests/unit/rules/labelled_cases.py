"""Labelled cases of another scanner, and recorded answers of Azure, from a folder beside the repository."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from shared.rules.base import RuleStatus
from shared.rules.registry import AnyRule, get
from tests.unit.rules.corpus import SUBSCRIPTION, resources_of

ROOT: Final = Path(os.environ.get("CORPUS_DIR", str(Path(__file__).parents[4] / "shared" / "data")))
"""Folder of the data: `CORPUS_DIR`, else `shared/data` beside the repository."""
SUBSCRIPTION_ID: Final = f"/subscriptions/{SUBSCRIPTION}"


def labelled(*services: str) -> list[dict[str, Any]]:
    """The rows of some services, none when the data is not there."""
    path = ROOT / "azure_checks_prowler" / "cases.jsonl"
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in rows if row["service"] in services]


def only(row: dict[str, Any], name: str) -> Any:
    """What a row's input holds under a name for its one subscription."""
    client = next(iter(row["input"].values()))
    return next(iter(client[name].values()))


def verdict(rule_id: str, resources: Sequence[dict[str, Any]]) -> str:
    """PASS or FAIL, as the labels have it; any other status stands for itself."""
    results = list(get(rule_id).evaluate(resources_of(list(resources))))
    statuses = {one.status for one in results}
    if RuleStatus.FAIL in statuses:
        return "FAIL"
    return "PASS" if statuses == {RuleStatus.PASS} else ",".join(sorted(statuses)) or "nothing"


def recorded(rule: AnyRule) -> Iterable[list[dict[str, Any]]]:
    """Recorded resources of the types that a rule reads, of one subscription at a time."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((ROOT / "azure_recorded").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            found = row.get("resource")
            if str(row.get("type", "")).lower() in rule.metadata.reads and isinstance(found, dict):
                subscription = str(found.get("id", "")).split("/")[2:3]
                grouped.setdefault(subscription[0] if subscription else "", []).append(found)
    return grouped.values()
