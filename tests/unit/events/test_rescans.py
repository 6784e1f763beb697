"""Rescans of changed resources: as they are now, by rules about them, with what lies on a path with them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from shared.domain.finding import FindingStatus, Observation, Resolution
from shared.domain.resource import outermost_types
from shared.domain.scan import ScanRequest, ScanStatus, ScanType
from shared.exposure.network import PLATFORM_TYPES
from shared.ports.errors import InventoryError
from shared.rules.base import RuleScope
from shared.scanners.base import Focus, Related, Scanner
from shared.scanners.registry import BuiltScanners
from tests.unit.engine.probe_scanner import resource
from tests.unit.engine.simulation import World
from tests.unit.engine.test_cases import records, rows, scanned, world

ESTATE = Path(__file__).resolve().parents[3] / "samples" / "estate.jsonl"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
BAD = resource("s1", 1, bad=True)


def listing_stays_as_it_is(place: World) -> None:
    """Resource Graph answers with what it knows at this moment, whatever happens later."""
    stands = [dict(one) for one in place.inventory._resources.values()]
    frozen = World(5, place.faults, stands, place.subscriptions).inventory
    place.inventory.page = frozen.page  # type: ignore[method-assign]


async def rescanned(place: World, number: int = 1, **members: Any) -> Any:
    target = resource("s1", number, bad=True)["id"]
    return await scanned(
        place, subscriptions=("s1",), target_resources=(target,), after_change=True, **members
    )


async def test_a_change_is_seen_before_resource_graph_shows_it() -> None:
    place = world(resource("s1", 1, bad=False), subscriptions=("s1",))
    listing_stays_as_it_is(place)
    place.inventory.put(BAD)
    scan = await rescanned(place)
    assert scan.status is ScanStatus.COMPLETED
    [record] = await records(place)
    assert record.observation.resource_id == BAD["id"]


async def test_a_resource_that_is_not_listed_yet_is_read() -> None:
    place = world(resource("s1", 2, bad=False), subscriptions=("s1",))
    listing_stays_as_it_is(place)
    place.inventory.put(BAD)
    await rescanned(place)
    assert [one.observation.resource_id for one in await records(place)] == [BAD["id"]]


async def test_a_deleted_resource_resolves_its_findings_though_it_is_still_listed() -> None:
    place = world(BAD, subscriptions=("s1",))
    await scanned(place)
    listing_stays_as_it_is(place)
    place.inventory.remove(BAD["id"])
    scan = await rescanned(place)
    [record] = await records(place)
    assert record.status is FindingStatus.RESOLVED and record.resolution is Resolution.RESOURCE_GONE
    assert scan.status is ScanStatus.COMPLETED and scan.totals.failures == 0


@pytest.mark.parametrize("number", range(1, 9))
async def test_on_whichever_page_it_is_listed_it_is_read_once(number: int) -> None:
    place = world(*(resource("s1", one, bad=True) for one in range(1, 9)), subscriptions=("s1",))
    scan = await rescanned(place, number)
    assert scan.totals.resources_scanned == 8
    assert len(await rows(place, scan)) == 8  # the probe scanner judges all that is read


async def test_what_cannot_be_read_by_itself_is_taken_as_listed() -> None:
    place = world(BAD, subscriptions=("s1",))
    refused = InventoryError("the api-version is not known", code="InvalidArgument")
    place.inventory.fail("get", refused, refused)
    scan = await rescanned(place)
    assert scan.status is ScanStatus.COMPLETED and len(await records(place)) == 1


async def test_other_scans_read_nothing_one_by_one() -> None:
    place = world(BAD, subscriptions=("s1",))
    await scanned(place, subscriptions=("s1",), target_resources=(BAD["id"],))
    assert place.inventory.calls["get"] == 0


@lru_cache(maxsize=1)
def estate() -> tuple[dict[str, Any], ...]:
    lines = ESTATE.read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines if line.strip())


@lru_cache(maxsize=1)
def build() -> BuiltScanners:
    return BuiltScanners(opted_in=True)


def related(scanner: Scanner, subscription: str, focus: Focus) -> Related:
    """What a scanner says of a subscription of the sample, as far as listings tell."""
    listed = {kind for listing in scanner.listings for kind in listing.types}
    rows = [row for row in estate() if row["type"].lower() in listed and f"/{subscription}/" in row["id"]]
    projections = scanner.collect(rows, Focus()).projections.get(subscription, [])
    return scanner.relate(subscription, projections, focus, as_of=NOW)


def found(observations: Iterable[Observation]) -> set[tuple[str, str, str]]:
    return {(one.rule_id, one.resource_id.lower(), one.discriminator) for one in observations}


def outermost(kind: str) -> str:
    return "/".join(kind.lower().split("/")[:2])


def changed_resources() -> list[Any]:
    """Two resources of each outermost type of the sample."""
    kept: defaultdict[str, list[str]] = defaultdict(list)
    for row in estate():
        kind = row["type"].lower()
        if outermost_types([row["id"]]) == {kind} and row["id"].lower().startswith("/subscriptions/"):
            kept[kind].append(row["id"])
    return [pytest.param(kind, ids[:1] + ids[-1:], id=kind) for kind, ids in sorted(kept.items())]


@pytest.mark.parametrize(("kind", "ids"), changed_resources())
def test_fewer_rules_and_listings_find_the_same_in_the_changed_resource(kind: str, ids: list[str]) -> None:
    """Against a whole scan that looks at the same resource."""
    network = kind.startswith("microsoft.network/")
    scan_type = ScanType.NETWORK if network else ScanType.COMPLIANCE_ONLY
    whole = build().of(ScanRequest(scan_type=ScanType.NETWORK if network else ScanType.FULL))
    assert whole is not None
    for resource_id in ids:
        request = ScanRequest(scan_type=scan_type, target_resources=(resource_id,), after_change=True)
        narrow = build().of(request)
        near = {rule.rule_id for rule in narrow.rules()} if narrow is not None else set()
        left = [rule for rule in whole.rules() if rule.rule_id not in near]
        far = {
            RuleScope.ESTATE,
            RuleScope.DIRECTORY,
            *([RuleScope.NETWORK] if kind in PLATFORM_TYPES else []),
        }
        assert all(rule.scope in far or kind not in {outermost(one) for one in rule.reads} for rule in left)
        focus = Focus(resources=frozenset({resource_id.lower()}))
        subscription = resource_id.split("/")[2]
        expected = found(related(whole, subscription, focus).observations)
        waiting = {rule.rule_id for rule in left if rule.scope in (RuleScope.ESTATE, RuleScope.DIRECTORY)}
        expected = {one for one in expected if one[0] not in waiting}
        if narrow is None:
            assert expected == set()
            continue
        assert found(related(narrow, subscription, focus).observations) == expected
        assert len(narrow.reading.types) <= len(whole.reading.types)


def test_a_changed_interface_tells_of_the_rules_that_let_strangers_in_to_it() -> None:
    """The finding stands with the security group; what changed is the interface that it protects."""
    whole = build().of(ScanRequest(scan_type=ScanType.NETWORK))
    assert whole is not None
    subscription = next(row["id"].split("/")[2] for row in estate())
    everything = related(whole, subscription, Focus())
    judged = {rule.rule_id for rule in whole.rules() if rule.scope is RuleScope.NETWORK}
    groups = {one.evaluated_id.lower() for one in everything.observations if one.rule_id in judged}
    told = 0
    for row in everything.exposures:
        receiver = (row.resource_id or "").lower()
        on_path = {step.resource_id.lower() for step in row.path if step.resource_id is not None} & groups
        if "/networkinterfaces/" not in receiver or not on_path:
            continue
        request = ScanRequest(scan_type=ScanType.NETWORK, target_resources=(receiver,), after_change=True)
        narrow = build().of(request)
        assert narrow is not None
        seen = related(narrow, subscription, Focus(resources=frozenset({receiver}), neighbours=True))
        assert on_path <= {one.evaluated_id.lower() for one in seen.observations}
        assert found(seen.observations) <= found(everything.observations)
        told += 1
    assert told
