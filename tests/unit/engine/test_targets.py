"""`target_resources`: whatever of it was not looked at is named, and the scan is not `completed`."""

from __future__ import annotations

import pytest

from shared.domain.page import PageRequest
from shared.domain.scan import Scan, ScanStatus, ScanType
from tests.unit.engine.probe_scanner import resource
from tests.unit.engine.simulation import World
from tests.unit.engine.test_cases import ledger, rows, scanned, world

BAD, OTHER = resource("s1", 1, bad=True), resource("s1", 2, bad=True)
GROUP = "/subscriptions/s1/resourceGroups/rg"
ABSENT = BAD["id"].replace("nsg-0001", "nsg-0009")


async def named(place: World, scan: Scan) -> set[str]:
    """Targets that the ledger names, lower-cased; the scan's errors name those in nothing that was read."""
    failures = (await place.results.failures(scan.scan_id, PageRequest(limit=200), None)).items
    unread = (await ledger(place, scan)).unread_targets
    assert [one.subject for one in scan.errors] == [one.resource_id for one in unread]
    return {(one.resource_id or "").lower() for one in (*failures, *unread)}


@pytest.mark.parametrize(
    "target",
    [
        "myregistry.azurecr.io/app:1",
        "https://github.com/acme/app",
        "nsg-0001",
        "/",
        "//",
        "/subscriptions",
        "/subscriptions/",
        "/subscriptions//resourceGroups/rg",
        "/subscriptions/other/resourceGroups/rg/providers/a/b/c",
        "subscriptions/s1/resourceGroups/rg",
        "/subscriptions/s1/nonsense",
        "/subscriptions/s1extra",
        "/tenants/t-9/users/u",
        "/providers/Microsoft.Management/managementGroups/mg",
        ABSENT,
        ABSENT.upper() + "/",
    ],
)
@pytest.mark.parametrize("beside", [(), (BAD["id"],)])
async def test_a_target_that_is_not_looked_at_is_named(target: str, beside: tuple[str, ...]) -> None:
    place = world(BAD, OTHER)
    scan = await scanned(place, target_resources=(target, *beside))
    assert scan.status is not ScanStatus.COMPLETED
    assert {one.rstrip("/") for one in await named(place, scan)} == {target.lower().rstrip("/")}
    assert not (await ledger(place, scan)).complete


@pytest.mark.parametrize(
    "target", [BAD["id"], BAD["id"].upper(), BAD["id"] + "/", GROUP, "/subscriptions/s1"]
)
async def test_a_target_that_is_there_is_not_named(target: str) -> None:
    place = world(BAD)
    scan = await scanned(place, target_resources=(target,))
    assert scan.status is ScanStatus.COMPLETED and not await named(place, scan)
    assert len(await rows(place, scan)) == 1


async def test_repositories_are_named_beside_the_scanner_that_would_read_them() -> None:
    place = world(BAD)
    scan = await scanned(place, scan_type=ScanType.GIT_SECRETS, target_resources=("acme/app",))
    assert {one.subject for one in scan.errors} == {"git_secrets", "acme/app"}
