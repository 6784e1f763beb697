"""Suppressions: X-19. Retroactive, for what comes later, reversible, and over by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory.findings import MemoryFindingStore
from shared.domain.finding import Finding, FindingStatus
from shared.domain.lifecycle import Sighting, first_seen
from shared.domain.page import Versioned
from shared.domain.suppression import Suppression, SuppressionScope, silenced
from shared.ports.errors import StorageUnavailableError
from shared.services.suppressions import Suppressions
from tests.contract.harness import NOW, RULE, SUBSCRIPTION, Api, contract, observation
from tests.contract.test_finding_changes import patch, stored

UNTIL = "2025-08-12T17:42:58Z"


def body(**members: Any) -> dict[str, Any]:
    return {"rule_id": RULE.rule_id, "reason": "Accepted until the move", "expires_at": UNTIL, **members}


async def made(api: Api, **members: Any) -> dict[str, Any]:
    answer = await api.post("/v1/suppressions", body(**members))
    assert answer.status == 201, answer.body
    result: dict[str, Any] = answer.json
    return result


async def status_of(api: Api, finding_id: str) -> str:
    return str((await api.get(f"/v1/findings/{finding_id}")).json["status"])


class Refusing(MemoryFindingStore):
    """Does not answer for one subscription."""

    SUBSCRIPTION = "refusing"

    async def of_subscription(self, subscription_id: str) -> AsyncIterator[Versioned[Finding]]:
        if subscription_id == self.SUBSCRIPTION:
            raise StorageUnavailableError("storage does not answer")
        return await super().of_subscription(subscription_id)


@contract("X-19")
class TestX19:
    async def test_made_shown_listed(self, api: Api) -> None:
        answer = await api.post("/v1/suppressions", body(), role="operator")
        shown = answer.json
        assert answer.headers["location"].endswith(f"/v1/suppressions/{shown['suppression_id']}")
        assert shown | {"suppression_id": "", "created_by": ""} == {
            "suppression_id": "",
            "rule_id": RULE.rule_id,
            "resource_id": None,
            "resource_group": None,
            "subscription_id": None,
            "tag_name": None,
            "tag_value": None,
            "reason": "Accepted until the move",
            "created_at": "2025-08-05T17:42:58Z",
            "created_by": "",
            "expires_at": UNTIL,
            "ended_at": None,
            "ended_by": None,
            "active": True,
            "settled": True,
        }
        assert shown["created_by"] == "key-operator"
        assert (await api.get(f"/v1/suppressions/{shown['suppression_id']}")).json == shown
        assert (await api.get("/v1/suppressions")).json["suppressions"] == [shown]
        assert (await api.get("/v1/suppressions/sup-1")).status == 404

    @pytest.mark.parametrize(
        ("members", "expected"),
        [
            ({}, 3),
            ({"rule_id": None, "subscription_id": SUBSCRIPTION.upper()}, 3),
            ({"rule_id": None, "resource_group": "honeypot_GROUP"}, 3),
            ({"rule_id": None, "resource_id": observation(1).evaluated_id}, 1),
            ({"resource_id": observation(1).resource_id.upper()}, 1),
            ({"resource_id": observation(1).evaluated_id[:-1]}, 0),
            ({"rule_id": "another"}, 0),
            ({"resource_group": "another"}, 0),
        ],
    )
    async def test_retroactive_and_reversible(self, api: Api, members: dict[str, Any], expected: int) -> None:
        ids = await stored(api, 3)
        await patch(api, ids[0], {"status": "in_progress"})
        before = [await status_of(api, one) for one in ids]
        one = await made(api, **members)
        page = (await api.get("/v1/findings?status=suppressed")).json
        assert page["total"] == expected
        assert all(entry["suppressed_by"] == one["suppression_id"] for entry in page["findings"])
        deleted = await api.call("DELETE", f"/v1/suppressions/{one['suppression_id']}")
        assert (deleted.status, deleted.body) == (204, b"")
        assert [await status_of(api, each) for each in ids] == before
        assert (await api.call("DELETE", f"/v1/suppressions/{one['suppression_id']}")).status == 204
        shown = (await api.get(f"/v1/suppressions/{one['suppression_id']}")).json
        assert (shown["active"], shown["ended_by"]) == (False, "key-admin")

    @pytest.mark.parametrize(
        ("members", "field", "reason"),
        [
            ({"resource_id": "/"}, "resource_id", "invalid_format"),
            ({"resource_id": "/subscriptions/"}, "resource_id", "invalid_format"),
            ({"resource_id": "/subscriptions//resourceGroups/rg"}, "resource_id", "invalid_format"),
            ({"resource_id": "vm-1"}, "resource_id", "invalid_format"),
            ({"reason": " \n"}, "reason", "invalid_value"),
        ],
    )
    async def test_what_would_match_nothing_or_everything_is_refused(
        self, api: Api, members: dict[str, Any], field: str, reason: str
    ) -> None:
        answer = await api.post("/v1/suppressions", body(**members))
        assert answer.status == 400
        details = answer.json["error"]["details"]
        assert (details["field"], details["reason"]) == (field, reason)
        assert (await api.get("/v1/suppressions")).json["total"] == 0

    async def test_one_that_cannot_be_settled_holds_up_no_other(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        await made(api)
        broken = await made(api, rule_id="another", subscription_id=Refusing.SUBSCRIPTION)
        api.clock.advance(7 * 86_400)
        refusing = Refusing()
        vars(refusing).update(vars(api.findings))
        with pytest.raises(ExceptionGroup):
            await Suppressions(replace(api.engine, findings=refusing)).sweep()
        assert await status_of(api, finding_id) == "open"
        assert (await api.get(f"/v1/suppressions/{broken['suppression_id']}")).json["settled"] is False

    async def test_it_is_over_by_itself(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        await patch(api, finding_id, {"status": "in_progress"})
        await made(api)
        assert await status_of(api, finding_id) == "suppressed"
        assert await api.application.suppressions.sweep() == 0
        api.clock.advance(7 * 86_400)
        assert await api.application.suppressions.sweep() == 1
        assert await status_of(api, finding_id) == "in_progress"
        assert await api.application.suppressions.sweep() == 0
        history = (await api.get(f"/v1/findings/{finding_id}/history")).json["history"]
        assert [one["source"] for one in history] == ["suppression", "suppression", "person"]

    async def test_the_next_one_that_matches_takes_over(self, api: Api) -> None:
        (finding_id,) = await stored(api)
        first = await made(api)
        second = await made(api, rule_id=None, subscription_id=SUBSCRIPTION)
        await api.call("DELETE", f"/v1/suppressions/{first['suppression_id']}")
        shown = (await api.get(f"/v1/findings/{finding_id}")).json
        assert (shown["status"], shown["suppressed_by"]) == ("suppressed", second["suppression_id"])
        await api.call("DELETE", f"/v1/suppressions/{second['suppression_id']}")
        assert await status_of(api, finding_id) == "open"

    async def test_a_person_overrules_it_for_one_finding(self, api: Api) -> None:
        ids = await stored(api, 2)
        one = await made(api)
        assert (await patch(api, ids[0], {"status": "open"})).json["suppressed_by"] is None
        again = await api.application.suppressions.sweep()
        assert (again, await status_of(api, ids[0]), await status_of(api, ids[1])) == (
            0,
            "open",
            "suppressed",
        )
        (stored_one,) = [each.value for each in await api.engine.suppressions.unsettled()]
        found = await api.findings.get(ids[0])
        assert found is not None
        assert silenced(found.value, [stored_one], NOW, None) == found.value
        assert one["suppression_id"] in found.value.waived

    async def test_what_is_resolved_or_false_is_left_alone(self, api: Api) -> None:
        ids = await stored(api, 2)
        await patch(api, ids[0], {"status": "resolved"})
        await patch(api, ids[1], {"status": "false_positive"})
        await made(api)
        assert [await status_of(api, one) for one in ids] == ["resolved", "false_positive"]

    async def test_a_crash_half_way_is_finished_by_the_timer(self, api: Api) -> None:
        ids = await stored(api, 3)
        one = await made(api, rule_id="another")
        found = await api.engine.suppressions.get(one["suppression_id"])
        assert found is not None
        scope = found.value.scope.model_copy(update={"rule_id": RULE.rule_id})
        cut = found.value.model_copy(update={"scope": scope, "settled": False})
        await api.engine.suppressions.replace(cut, found.etag)
        assert await api.application.suppressions.sweep() == 1
        assert [await status_of(api, each) for each in ids] == ["suppressed"] * 3

    async def test_a_repeated_call_makes_one(self, api: Api) -> None:
        key = {"Idempotency-Key": "k"}
        first = (await api.post("/v1/suppressions", body(), headers=key)).json
        (digest,) = api.attempts._attempts
        held = api.attempts._attempts[digest]
        await api.attempts.replace(held.value.model_copy(update={"answer": None}), held.etag)
        api.clock.advance(400)
        again = (await api.post("/v1/suppressions", body(), headers=key)).json
        assert again["suppression_id"] == first["suppression_id"]
        assert (await api.get("/v1/suppressions")).json["total"] == 1

    @pytest.mark.parametrize(
        ("members", "field", "reason"),
        [
            ({"rule_id": None}, "rule_id", "missing_required_field"),
            ({"reason": None}, "reason", "invalid_type"),
            ({"reason": ""}, "reason", "invalid_value"),
            ({"expires_at": "2025-08-05T17:42:58Z"}, "expires_at", "out_of_range"),
            ({"expires_at": "2027-08-05T17:42:58Z"}, "expires_at", "out_of_range"),
            ({"expires_at": "soon"}, "expires_at", "invalid_format"),
            ({"expires_at": "2025-08-12T17:42:58"}, "expires_at", "invalid_format"),
            ({"expires_at": 5}, "expires_at", "invalid_type"),
            ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at", "out_of_range"),
            ({"tag_value": "x"}, "tag_name", "missing_required_field"),
            ({"resource_group": "a/b"}, "resource_group", "invalid_format"),
        ],
    )
    async def test_bad_bodies(self, api: Api, members: dict[str, Any], field: str, reason: str) -> None:
        answer = await api.post("/v1/suppressions", body(**members))
        assert (answer.status, answer.error["details"]) == (400, {"field": field, "reason": reason})

    async def test_missing_members(self, api: Api) -> None:
        answer = await api.post("/v1/suppressions", {"rule_id": "r"})
        assert answer.error["details"]["field"] in ("reason", "expires_at")
        assert len(answer.error["details"]["errors"]) == 2

    async def test_who_may(self, api: Api) -> None:
        assert (await api.post("/v1/suppressions", body(), role="viewer")).status == 403
        assert (await api.call("DELETE", "/v1/suppressions/sup-1", role="viewer")).status == 403
        assert (await api.get("/v1/suppressions", role="viewer")).status == 200


def test_what_comes_later_is_silenced_where_it_is_recorded() -> None:
    record = first_seen(observation(), "finding-20250805-174258", Sighting("scan-20250805-174258", NOW))
    one = Suppression(
        suppression_id="sup-20250805-174258",
        scope=SuppressionScope(tag_name="Env", tag_value="test"),
        reason="r",
        created_at=NOW,
        created_by="a",
        expires_at=NOW + timedelta(days=1),
    )
    assert silenced(record, [one], NOW, None) == record
    tagged = record.model_copy(update={"observation": observation(tags=(("env", "test"),))})
    quiet = silenced(tagged, [one], NOW, None)
    assert (quiet.status, quiet.before_suppression) == (FindingStatus.SUPPRESSED, FindingStatus.OPEN)
    assert silenced(quiet, [one], NOW + timedelta(days=1), None).status is FindingStatus.OPEN
