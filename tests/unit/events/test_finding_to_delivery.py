"""From a resource to its receiver while everything dies: no finding without its event, none undelivered."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest

from shared.domain.page import PageRequest
from shared.domain.principal import Principal, Role
from shared.domain.scan import ScanRequest, ScanType
from shared.ports.stores import FindingFilter
from shared.services.start_scan import StartScan
from tests.unit.engine.probe_scanner import resource
from tests.unit.engine.simulation import Crashing, Faults, World, known
from tests.unit.events.test_crashes import alive, deliver
from tests.unit.events.test_webhook_delivery import URL
from tests.unit.events.world import EventWorld, failing_at_random

CALLER = Principal("tester", "Tester", Role.OPERATOR)


@pytest.mark.parametrize("seed", range(4))
async def test_every_finding_reaches_the_receiver_whatever_dies(seed: int) -> None:
    faults = Faults(crash=0.03, duplicate=0.1, lose=0.05, workers=2)
    resources = [resource("s1", number, bad=number % 3 != 0) for number in range(12)]
    scans = World(seed, faults, resources, ["s1"])
    events = EventWorld(clock=scans.clock, guard=lambda port: Crashing(port, scans.dice, 0.1))
    events.outbox = scans.outbox
    events.build()
    await events.register(URL)
    events.receivers.behaviours[URL] = failing_at_random(seed, 0.2)
    for round_ in range(3):
        request = ScanRequest(scan_type=ScanType.NETWORK)
        started = await StartScan(scans.calm, known()).start(request, CALLER)
        await scans.run(started.scan_id)
        await alive(events.hand_on)
        await deliver(events)
        scans.inventory.put(resource("s1", round_, bad=round_ % 2 == 0))
        scans.clock.advance(60)
    await scans.drain()
    await alive(events.hand_on)
    events.guard = lambda port: port
    events.build()
    await events.pass_time(sweep=True)

    records = (await scans.findings.page(PageRequest(limit=200), FindingFilter())).items
    bodies = [json.loads(body) for _, body in events.receivers.accepted[URL]]
    created = {one["data"]["finding_id"] for one in bodies if one["event_type"] == "finding.created"}
    assert created == {record.id for record in records}
    seen: defaultdict[str, list[int]] = defaultdict(list)
    ids: dict[tuple[str, int], str] = {}
    for event_id, subject, sequence in events.receivers.events(URL, accepted=True):
        assert ids.setdefault((subject, sequence), event_id) == event_id
        if sequence not in seen[subject]:
            seen[subject].append(sequence)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen.values())
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for body in bodies:
        if (
            body["event_type"].startswith("scan.")
            and body["event_type"] not in kinds[body["data"]["scan_id"]]
        ):
            kinds[body["data"]["scan_id"]].append(body["event_type"])
    assert len(kinds) == 3
    assert {first for first, _ in kinds.values()} == {"scan.started"}
    assert {last for _, last in kinds.values()} <= {"scan.completed", "scan.failed"}
