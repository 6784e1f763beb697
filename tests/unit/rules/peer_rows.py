"""Rows of `azure_checks_prowler`: what a peer's check said of some facts, and what a rule of ours says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shared.rules.base import RuleStatus
from shared.rules.registry import get
from tests.unit.rules.corpus import SUBSCRIPTION, resources_of

DATA = Path(os.environ.get("CORPUS_DIR", str(Path(__file__).parents[4] / "shared" / "data")))
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)

Facts = Mapping[str, Any]


class Equivalent(NamedTuple):
    """A rule that asks what the peer's check asks, and how the facts of a row become ARM resources."""

    rule_id: str
    resources: Callable[[Facts], list[dict[str, Any]]]


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    path = DATA / "azure_checks_prowler" / "cases.jsonl"
    if not path.exists():
        return ()
    return tuple(json.loads(line) for line in path.read_text().splitlines())


def rows(checks: Iterable[str]) -> list[Any]:
    """The rows of some checks as test parameters; one that is skipped when there is no data."""
    wanted = set(checks)
    found = [pytest.param(one, id=f"{one['id']} {one['check']}") for one in _rows() if one["check"] in wanted]
    skipped = pytest.param({}, marks=pytest.mark.skip(reason=f"no cases below {DATA}; set CORPUS_DIR"))
    return found or [skipped]


def facts_of(row: Mapping[str, Any]) -> list[Facts]:
    """The peer's objects of a row: `client -> attribute -> subscription -> id -> object`."""
    found: list[Facts] = []
    for attributes in row["input"].values():
        for subscriptions in attributes.values():
            for objects in subscriptions.values():
                found += objects.values() if isinstance(objects, dict) else objects
    return found


def ours(row: Mapping[str, Any], equivalent: Equivalent) -> str:
    """Our verdict on a row: FAIL if anything fails, else ERROR if anything could not be told."""
    resources = [one for facts in facts_of(row) for one in equivalent.resources(facts)]
    results = list(get(equivalent.rule_id).evaluate(resources_of(resources, as_of=AS_OF)))
    statuses = {one.status for one in results}
    for status in (RuleStatus.FAIL, RuleStatus.ERROR, RuleStatus.PASS):
        if status in statuses:
            return status.value.upper()
    return RuleStatus.NOT_APPLICABLE.value.upper()


def recorded(*types: str) -> list[dict[str, Any]]:
    """The resources of these types, lower-cased, among Azure's recorded answers."""
    folder = DATA / "azure_recorded"
    if not folder.exists():
        pytest.skip(f"no recordings below {DATA}; set CORPUS_DIR")
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        if path.stem == "exchanges":
            continue
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row["type"].lower() in types:
                found.append(row["resource"])
    return found
