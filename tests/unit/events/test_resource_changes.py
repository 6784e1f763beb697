"""Changes of resources: one scan for each rest of a resource, whatever comes twice or dies."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory.messaging import MemoryMessenger
from shared.adapters.memory.rescans import MemoryRescanStore
from shared.domain.page import PageRequest
from shared.domain.resource_changes import MOST_QUIETS, ResourceChange, change_of
from shared.domain.scan import Scan, ScanType
from shared.ports.messaging import Queue
from shared.services.resource_changes import LOST_AFTER, ChangeMessage, ResourceChanges
from shared.services.start_scan import StartScan
from tests.unit.engine.probe_scanner import TYPE
from tests.unit.engine.simulation import Crash, Crashing, Faults, World, known

QUIET = timedelta(seconds=2)
SUB = "11111111-2222-3333-4444-555555555555"
KIND = TYPE
ID = f"/subscriptions/{SUB}/resourceGroups/rg/providers/{KIND}/one"
WRITE = "Microsoft.Resources.ResourceWriteSuccess"


def test_the_outermost_resource_is_what_changed() -> None:
    group = f"/subscriptions/{SUB}/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/A"
    for uri in (
        group,
        f"{group}/securityRules/SSH",
        f"{group}/providers/Microsoft.Insights/diagnosticSettings/x",
        group[1:] + "/",
    ):
        change = change_of(WRITE, {"resourceUri": uri})
        assert change == ResourceChange(group, SUB, "microsoft.network/networksecuritygroups")
    whole = f"/subscriptions/{SUB}/providers/Microsoft.Authorization/roleAssignments/x"
    found = change_of("Microsoft.Resources.ResourceDeleteSuccess", {"resourceUri": whole})
    assert found is not None and found.resource_id == whole


@pytest.mark.parametrize(
    "kind", ["", "Microsoft.Resources.ResourceWriteFailure", "Microsoft.Storage.BlobCreated"]
)
def test_other_events_are_none_of_ours(kind: str) -> None:
    assert change_of(kind, {"resourceUri": ID}) is None


@pytest.mark.parametrize(
    "data", [None, [], "x", {}, {"resourceUri": 3}, {"resourceUri": ""}, {"resourceUri": "/subscriptions/a"}]
)
def test_events_without_a_resource_are_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"event|ARM"):
        change_of(WRITE, data)


class Place:
    def __init__(self, guard: Any = lambda port: port) -> None:
        self.world = World(3, Faults(), [], [SUB])
        self.clock = self.world.clock
        self.rescans = MemoryRescanStore()
        self.messenger = MemoryMessenger(self.clock)
        self.changes = ResourceChanges(
            guard(self.rescans),
            StartScan(self.world.calm, known()),
            self.world.calm.scanners,
            guard(self.messenger),
            self.clock,
            QUIET,
        )

    async def scans(self) -> tuple[Scan, ...]:
        return (await self.world.scans.page(PageRequest(limit=200))).items

    async def work(self) -> None:
        for message in self.messenger.take(Queue.CHANGES):
            await self.changes.run(ChangeMessage.model_validate_json(message.body))

    async def settle(self) -> None:
        while (due := self.messenger.next_due()) is not None:
            self.clock.set(max(due, self.clock.now()))
            await self.work()


CHANGE = ResourceChange(ID, SUB, KIND.lower())


async def test_many_writes_are_one_scan_after_the_last() -> None:
    place = Place()
    began = place.clock.now()
    for _ in range(5):
        assert await place.changes.note(CHANGE)
        place.clock.advance(1)
        await place.work()
    assert await place.scans() == ()
    await place.settle()
    (scan,) = await place.scans()
    assert scan.created_at - began == timedelta(seconds=4) + QUIET
    assert scan.request.target_resources == (ID,) and scan.request.subscriptions == (SUB,)
    assert scan.requested_by == "resource-changes"


async def test_constant_writes_do_not_put_it_off_for_ever() -> None:
    place = Place()
    for _ in range(60):
        await place.changes.note(CHANGE)
        place.clock.advance(1)
        await place.work()
    assert 2 <= len(await place.scans()) <= 60 / (MOST_QUIETS * QUIET.total_seconds()) + 1


async def test_resources_do_not_wait_for_each_other() -> None:
    place = Place()
    for name in "abc":
        await place.changes.note(ResourceChange(ID + name, SUB, KIND.lower()))
    await place.settle()
    assert {scan.request.target_resources for scan in await place.scans()} == {(ID + name,) for name in "abc"}


async def test_a_change_after_the_scan_is_another_scan() -> None:
    place = Place()
    for _ in range(3):
        await place.changes.note(CHANGE)
        await place.settle()
    assert len(await place.scans()) == 3


async def test_types_that_no_rule_looks_at_are_passed_over() -> None:
    place = Place()
    assert not await place.changes.note(ResourceChange(ID, SUB, "microsoft.resources/deployments"))
    assert place.messenger.waiting == []


async def test_network_resources_get_a_network_scan() -> None:
    assert KIND.lower().startswith("microsoft.network/")
    place = Place()
    await place.changes.note(CHANGE)
    await place.settle()
    assert (await place.scans())[0].request.scan_type is ScanType.NETWORK


async def test_a_lost_message_is_made_up_for() -> None:
    place = Place()
    await place.changes.note(CHANGE)
    place.messenger.take()
    place.clock.advance(QUIET)
    place.messenger.take()
    assert await place.changes.sweep() == 0
    place.clock.advance(LOST_AFTER + QUIET)
    assert await place.changes.sweep() == 1
    assert len(await place.scans()) == 1 and await place.changes.sweep() == 0


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_dies_every_change_is_scanned_afterwards(seed: int) -> None:
    dice = random.Random(seed)
    place = Place(lambda port: Crashing(port, dice, 0.15))
    for _ in range(20):
        last = place.clock.now()
        for _ in range(50):  # Event Grid delivers again what failed
            try:
                await place.changes.note(CHANGE)
                break
            except Crash:
                continue
        for _ in range(100):
            due = place.messenger.next_due()
            if due is None:
                break
            place.clock.set(max(due, place.clock.now()))
            for message in place.messenger.take(Queue.CHANGES):
                for _ in range(100):
                    try:
                        await place.changes.run(ChangeMessage.model_validate_json(message.body))
                        break
                    except Crash:
                        continue
        latest = max(scan.created_at for scan in await place.scans())
        assert latest >= last
        place.clock.advance(60)
    assert len(await place.scans()) == 20
