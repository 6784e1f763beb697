"""Labelled cases of another scanner, and answers that Azure gave: what the rules are compared with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.rules.base import RuleStatus
from shared.rules.registry import get
from tests.unit.rules.corpus import AS_OF, SUBSCRIPTION, resources_of

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("CORPUS_DIR", str(ROOT.parent / "shared" / "data")))
CASES = DATA / "azure_checks_prowler" / "cases.jsonl"
RECORDED = DATA / "azure_recorded"


def rows_of(service: str) -> list[dict[str, Any]]:
    """The labelled cases of one of their services; none where the data is not at hand."""
    if not CASES.exists():
        return []
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    return [row for row in rows if row["service"] == service]


def only(row: dict[str, Any], name: str) -> Any:
    """What a row's input holds under a name for its one subscription."""
    client = next(iter(row["input"].values()))
    return next(iter(client[name].values()))


def need(path: Path) -> None:
    """Skip where the data is not at hand."""
    if not path.exists():
        pytest.skip(f"no data at {path}; set CORPUS_DIR")


def verdict(rule_id: str, resources: Iterable[dict[str, Any]]) -> str:
    """FAIL if any resource fails, else PASS; a resource that could not be judged is neither."""
    subject = resources_of(list(resources), within=SUBSCRIPTION, as_of=AS_OF)
    statuses = {one.status for one in get(rule_id).evaluate(subject)}
    if RuleStatus.FAIL in statuses:
        return "FAIL"
    return "PASS" if statuses == {RuleStatus.PASS} else f"neither: {sorted(statuses)}"


def arm_id(kind: str, name: str) -> str:
    """The id of a resource of the sample subscription."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/{kind}/{name}"


def recorded(*kinds: str) -> Iterator[dict[str, Any]]:
    """Every recorded resource of some types, lower-cased."""
    for path in sorted(RECORDED.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if str(row.get("type", "")).lower() in kinds:
                yield row["resource"]


def judge_recorded(rule_ids: Iterable[str], kinds: Iterable[str]) -> dict[str, set[str]]:
    """Status of every rule over each recorded resource alone, and over all together: never an exception."""
    rows = list(recorded(*kinds))
    said: dict[str, set[str]] = {}
    for rule_id in rule_ids:
        said[rule_id] = set()
        for row in rows:
            within = row["id"].split("/")[2]
            subject = resources_of([row], within=within, as_of=AS_OF)
            said[rule_id] |= {one.status.value for one in get(rule_id).evaluate(subject)}
        list(get(rule_id).evaluate(resources_of(rows, as_of=AS_OF)))
    return said
