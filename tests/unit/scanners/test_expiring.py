"""What is expiring soon follows the scan: the days it began with, else the build's own setting."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.scan import ScanRequest, ScanType
from shared.rules.base import EXPIRES_SOON
from shared.rules.registry import all_rules
from shared.rules.resources import RuleSettings
from shared.scanners.base import Focus
from shared.scanners.projections import listed
from shared.scanners.registry import BuiltScanners
from tests.unit.rules.corpus import FOLDER, SUBSCRIPTION

RULE = "acr.token_near_expiry"
NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
"""The token of the sample ends twelve days later."""


@pytest.mark.parametrize(("days", "soon"), [(11, False), (13, True), (None, False)])
def test_the_days_of_the_scan_hold_and_else_the_setting(days: int | None, soon: bool) -> None:
    rules = [rule for rule in all_rules() if rule.metadata.rule_id == RULE]
    scanners = BuiltScanners(rules, settings=RuleSettings(expiring_within=timedelta(days=10)))
    request = ScanRequest(scan_type=ScanType.FULL)
    within = None if days is None else timedelta(days=days)
    scanner = scanners.of(request, within)
    assert scanner is not None and scanner is scanners.of(request, within)
    sample = json.loads((FOLDER / RULE / "far.json").read_text())
    collected = scanner.collect(sample["resources"], Focus())
    registry, token = sample["resources"]
    rows = [*collected.projections[SUBSCRIPTION], listed(registry["id"], token["type"])]
    related = scanner.relate(SUBSCRIPTION, rows, Focus(), as_of=NOW)
    assert [one.evidence[EXPIRES_SOON] for one in related.observations] == [True] * soon
