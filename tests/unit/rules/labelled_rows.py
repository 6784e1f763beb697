"""Labelled rows of another scanner's own tests: read, put to a rule of ours, and the verdicts compared."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.rules.base import RuleStatus
from shared.rules.registry import get, resource_rules
from shared.rules.resources import SubscriptionResources
from tests.unit.rules.corpus import SUBSCRIPTION, resources_of

Row = dict[str, Any]
Adapt = Callable[[Any], list[Row]]
"""From what the other scanner's check reads of one subscription to the rows that Azure would answer with."""

FOLDER = Path(os.environ.get("CORPUS_DIR") or Path(__file__).parents[4] / "shared" / "data")
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
SUBSCRIPTION_ROW: Row = {
    "id": f"/subscriptions/{SUBSCRIPTION}",
    "type": "microsoft.resources/subscriptions",
    "properties": {},
}


def labelled(check: str) -> list[Row]:
    """The rows of one check: `case`, `input`, `expected`."""
    path = FOLDER / "azure_checks_prowler" / "cases.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not there: set CORPUS_DIR")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    found = [row for row in rows if row["check"] == check]
    assert found, f"no rows of {check}"
    return found


def recorded(types: Iterable[str]) -> list[Row]:
    """Recorded resources whose lower-cased type begins with one of `types`."""
    folder = FOLDER / "azure_recorded"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: set CORPUS_DIR")
    wanted = tuple(types)
    rows = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.open()]
    found = [row for row in rows if str(row.get("type", "")).lower().startswith(wanted)]
    return [{"properties": {}, **row["resource"], "type": row["type"]} for row in found]


def resource(kind: str, properties: Row, name: str = "one", **roots: Any) -> Row:
    """A resource as Azure answers with it."""
    return {"id": f"{GROUP}/{kind}/{name}", "type": kind.lower(), "properties": properties, **roots}


def below(parent: Row, segment: str, properties: Row, name: str = "default") -> Row:
    """A child of a resource."""
    kind = f"{parent['type']}/{segment.lower()}"
    return {"id": f"{parent['id']}/{segment}/{name}", "type": kind, "properties": properties}


def present(**members: Any) -> Row:
    """An object without the members that are not set."""
    return {name: value for name, value in members.items() if value is not None}


def verdict(rule_id: str, rows: Sequence[Row]) -> str:
    """FAIL, ERROR or PASS of a rule over rows, as the other scanner counts: the worst of its resources."""
    said = {one.status for one in get(rule_id).evaluate(_resources(rows))}
    for status in (RuleStatus.FAIL, RuleStatus.ERROR, RuleStatus.PASS):
        if status in said:
            return status.value.upper()
    return RuleStatus.NOT_APPLICABLE.value.upper()


def agrees(check: str, rule_id: str, subject: str, adapt: Adapt, differing: dict[str, str]) -> None:
    """Every row's verdict is ours, but for the named cases, whose verdict of ours is given.

    Args:
        subject: attribute of the other scanner's client that holds the resources of a subscription.
    """
    ours, theirs = {}, {}
    for row in labelled(check):
        (client,) = row["input"].values()
        (found,) = client[subject].values()
        ours[row["case"]] = verdict(rule_id, adapt(found))
        theirs[row["case"]] = row["expected"]
    assert set(differing) <= set(theirs)
    assert ours == theirs | differing


def never_raises(service: str, rows: Sequence[Row]) -> None:
    """Each rule of a service over a subscription's resources takes recorded ones; some rule has a say."""
    subject = _resources(rows)
    rules = [one for one in resource_rules() if one.metadata.service == service]
    said = [result.status for rule in rules for result in rule.evaluate(subject)]
    assert {RuleStatus.PASS, RuleStatus.FAIL, RuleStatus.ERROR, RuleStatus.NOT_APPLICABLE} >= set(said)
    assert rules and said


def _resources(rows: Sequence[Row]) -> SubscriptionResources:
    return resources_of(list(rows))
