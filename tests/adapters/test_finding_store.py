"""FindingStore: both implementations."""

from __future__ import annotations

import asyncio

import pytest

from shared.domain.finding import FindingStatus
from shared.domain.finding_filter import FindingFilter
from shared.domain.page import PageRequest
from shared.domain.severity import Severity
from shared.ports.stores import FindingStore
from tests.adapters.builders import SUBSCRIPTION, T0, at, finding, first, ids_of, observation
from tests.adapters.conftest import Stores

ANY = FindingFilter()
OTHER = "99999999-2222-3333-4444-555555555555"
HEX = [f"{number:032x}" for number in range(1, 400)]


async def of_subscription(store: FindingStore, subscription: str) -> dict[str, str]:
    """Id -> status of every record of a subscription."""
    return {each.value.id: each.value.status async for each in await store.of_subscription(subscription)}


async def walk(store: FindingStore, where: FindingFilter, limit: int) -> list[str]:
    ids: list[str] = []
    after = None
    while True:
        page = await store.page(PageRequest(limit=limit, after=after), where)
        ids += ids_of(page)
        after = page.next_after
        if after is None:
            return ids


async def test_claims_give_the_bare_id_once_and_repeat(stores: Stores) -> None:
    one, two, three = (observation(number).fingerprint for number in range(3))
    claimed = await stores.findings.claim_ids(T0, [one, two])
    assert claimed == {one: "finding-20250805-174258", two: f"finding-20250805-174258-{two[:8]}"}
    again = await stores.findings.claim_ids(T0, [three, two, one, two])
    assert again == claimed | {three: f"finding-20250805-174258-{three[:8]}"}
    four = observation(4).fingerprint
    later = await stores.findings.claim_ids(at(1), [two, four])
    assert later == {two: claimed[two], four: "finding-20250805-174259"}
    assert await stores.findings.claim_ids(T0, []) == {}


async def test_claims_tell_equal_beginnings_apart(stores: Stores) -> None:
    taken = "ffffffff" + "0" * 24
    one, two = "abcdef01" + "1" * 24, "abcdef01" + "2" * 24
    await stores.findings.claim_ids(T0, [taken])
    claimed = await stores.findings.claim_ids(T0, [one, two])
    assert claimed == {one: "finding-20250805-174258-abcdef01", two: "finding-20250805-174258-22222222"}
    assert await stores.findings.claim_ids(T0, [two]) == {two: claimed[two]}


async def test_racing_claims_never_share_an_id(stores: Stores) -> None:
    groups = [HEX[at : at + 5] for at in range(0, 40, 5)]
    answers = await asyncio.gather(*(stores.findings.claim_ids(T0, group) for group in groups))
    ids = [identifier for answer in answers for identifier in answer.values()]
    assert len(ids) == len(set(ids)) == 40
    assert ids.count("finding-20250805-174258") == 1
    for group, answer in zip(groups, answers, strict=True):
        assert await stores.findings.claim_ids(T0, group) == answer


async def test_save_and_get(stores: Stores) -> None:
    record = finding(status=FindingStatus.IN_PROGRESS, assigned_to="Zoë", resolution_notes="x" * 5000)
    assert await stores.findings.save([(record, None)]) == []
    found = await stores.findings.get(record.id)
    place = record.observation.subscription_id.upper(), record.fingerprint
    assert await stores.findings.find(*place) == found
    assert await stores.findings.find("another-subscription", record.fingerprint) is None
    assert await stores.findings.find(place[0], "0" * 32) is None
    assert found is not None
    assert found.value == record
    assert await stores.findings.get("finding-20250805-174259") is None
    assert await stores.findings.get("finding-20250805-174258-abcd") is None
    assert await stores.findings.get("finding-20259905-174258") is None
    assert await stores.findings.get("no id/at all") is None


async def test_a_large_record_round_trips(stores: Stores) -> None:
    rows = [{"rule": number, "text": f"{number * 7919:x}" * 3} for number in range(8000)]
    large = finding(observation=observation(evidence={"rows": rows}))
    await stores.findings.save([(large, None)])
    found = await stores.findings.get(large.id)
    assert found is not None
    assert found.value == large


async def test_save_is_conditional_and_reports_the_losers_only(stores: Stores) -> None:
    await stores.findings.save([(finding(number, number), None) for number in range(150)])
    versions = {
        each.value.fingerprint: each.etag
        async for each in await stores.findings.of_subscription(SUBSCRIPTION)
    }
    rival = finding(7, 7, assigned_to="rival")
    assert await stores.findings.save([(rival, versions[rival.fingerprint])]) == []
    resolved = [finding(number, number, status=FindingStatus.RESOLVED) for number in range(150)]
    lost = await stores.findings.save([(record, versions[record.fingerprint]) for record in resolved])
    assert lost == [rival.fingerprint]
    page = await stores.findings.page(first(200), FindingFilter(statuses=(FindingStatus.RESOLVED,)))
    assert page.total == len(page.items) == 149
    kept = await stores.findings.get(rival.id)
    assert kept is not None
    assert kept.value == rival


async def test_new_records_lose_against_stored_ones(stores: Stores) -> None:
    await stores.findings.save([(finding(0), None)])
    other = finding(0, assigned_to="somebody")
    assert await stores.findings.save([(other, None), (finding(1, 1), None)]) == [other.fingerprint]
    assert (await stores.findings.page(first(), ANY)).total == 2


async def test_an_unknown_version_loses(stores: Stores) -> None:
    await stores.findings.save([(finding(0), None)])
    stored = await stores.findings.get(finding(0).id)
    assert stored is not None
    assert await stores.findings.save([(finding(1, 1), stored.etag)]) == [finding(1).fingerprint]
    assert (await stores.findings.page(first(), ANY)).total == 1


async def test_repeating_a_save_counts_as_written(stores: Stores) -> None:
    changes = [(finding(number, number), None) for number in range(3)]
    assert await stores.findings.save(changes) == []
    assert await stores.findings.save(changes) == []
    stored = await stores.findings.get(finding(0).id)
    assert stored is not None
    newer = finding(0, status=FindingStatus.SUPPRESSED)
    assert await stores.findings.save([(newer, stored.etag)]) == []
    assert await stores.findings.save([(newer, stored.etag)]) == []
    assert await walk(stores.findings, ANY, 2) == [finding(number, number).id for number in (2, 1, 0)]


async def test_a_fingerprint_may_occur_once_in_a_save(stores: Stores) -> None:
    with pytest.raises(ValueError, match="twice"):
        await stores.findings.save([(finding(0), None), (finding(0, status=FindingStatus.RESOLVED), None)])


async def test_of_subscription(stores: Stores) -> None:
    mine = [finding(number, number) for number in range(30)]
    await stores.findings.save([(record, None) for record in mine])
    await stores.findings.save([(finding(50, 50, subscription=OTHER), None)])
    assert await of_subscription(stores.findings, SUBSCRIPTION.upper()) == {
        record.id: record.status for record in mine
    }
    assert list(await of_subscription(stores.findings, OTHER)) == [finding(50, 50).id]
    assert await of_subscription(stores.findings, "00000000-0000-0000-0000-000000000000") == {}
    for never in ("", "a/b#?", "é", "x" * 100):
        assert await of_subscription(stores.findings, never) == {}


async def test_lists_are_newest_first_over_days_and_within_a_second(stores: Stores) -> None:
    day = 86_400
    records = [
        finding(0, 0),
        finding(1, 0, tail="0a1b2c3d"),
        finding(2, 0, tail="f00dfeed"),
        finding(3, 7 * 3600),
        finding(4, day),
        finding(5, -200 * day),
        finding(6, 400 * day),
    ]
    await stores.findings.save([(record, None) for record in records])
    expected = [records[place].id for place in (6, 4, 3, 2, 1, 0, 5)]
    for limit in (1, 2, 3, 50):
        assert await walk(stores.findings, ANY, limit) == expected
    by_offset = await stores.findings.page(first(3, offset=2), ANY)
    assert (ids_of(by_offset), by_offset.total) == (expected[2:5], 7)


async def test_lists_filter_by_status_and_severity(stores: Stores) -> None:
    statuses = (FindingStatus.OPEN, FindingStatus.RESOLVED, FindingStatus.IN_PROGRESS)
    records = [
        finding(number, number, status=statuses[number % 3], severity=list(Severity)[number % 4])
        for number in range(48)
    ]
    await stores.findings.save([(record, None) for record in records])
    where = FindingFilter(
        statuses=(FindingStatus.OPEN, FindingStatus.IN_PROGRESS), severities=(Severity.CRITICAL,)
    )
    expected = [
        record.id
        for record in reversed(records)
        if record.status in where.statuses and record.observation.severity in where.severities
    ]
    assert len(expected) == 8
    page = await stores.findings.page(first(3), where)
    assert (ids_of(page), page.total) == (expected[:3], 8)
    assert await walk(stores.findings, where, 3) == expected


@pytest.mark.parametrize("limit", [1, 4, 50])
async def test_filters_together_find_what_is_rare_among_lists_that_are_empty(
    stores: Stores, limit: int
) -> None:
    statuses = (FindingStatus.IN_PROGRESS, FindingStatus.OPEN)
    records = [
        finding(
            number, number, status=statuses[number % 6 > 0], assigned_to="ann" if number % 4 == 0 else "bob"
        )
        for number in range(24)
    ]
    await stores.findings.save([(record, None) for record in records])
    for where in (
        FindingFilter(statuses=statuses, assigned_to="ann"),
        FindingFilter(statuses=statuses, assigned_to="ann", subscription_id=SUBSCRIPTION),
        FindingFilter(statuses=statuses, assigned_to="ann", detected_after=at(3)),
        FindingFilter(statuses=tuple(FindingStatus), severities=(Severity.HIGH,), assigned_to="ann"),
        FindingFilter(statuses=(*statuses, FindingStatus.RESOLVED), assigned_to="ann"),
        FindingFilter(statuses=statuses, text="ssh", assigned_to="ann"),
        FindingFilter(statuses=statuses, assigned_to="nobody"),
    ):
        expected = [record.id for record in reversed(records) if where.matches(record)]
        assert await walk(stores.findings, where, limit) == expected


async def test_a_change_of_status_moves_between_lists(stores: Stores) -> None:
    opened = FindingFilter(statuses=(FindingStatus.OPEN,))
    await stores.findings.save([(finding(0), None)])
    stored = await stores.findings.get(finding(0).id)
    assert stored is not None
    await stores.findings.save([(finding(0, status=FindingStatus.FALSE_POSITIVE), stored.etag)])
    assert (await stores.findings.page(first(), opened)).total == 0
    closed = await stores.findings.page(first(), FindingFilter(statuses=(FindingStatus.FALSE_POSITIVE,)))
    assert ids_of(closed) == [finding(0).id]
