"""Hourly quotas on the wire (contract 2.5)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from shared.adapters.memory.clock import MemoryClock
from shared.ports.errors import StorageUnavailableError
from tests.contract.harness import Api, contract, settings

SEED_RESET = 1691251200
"""The contract's example: 2023-08-05T16:00:00Z."""


@pytest.fixture
def api() -> Api:
    return Api(clock=MemoryClock(datetime(2023, 8, 5, 15, 46, 40, tzinfo=UTC)))


@contract("2.5")
async def test_the_first_call_of_a_window(api: Api) -> None:
    answer = await api.get("/v1/rules", role="viewer")
    assert answer.headers["x-ratelimit-limit"] == "1000"
    assert answer.headers["x-ratelimit-remaining"] == "999"
    assert answer.headers["x-ratelimit-reset"] == str(SEED_RESET)
    assert "ratelimit" not in answer.headers and "ratelimit-policy" not in answer.headers


@contract("2.5")
async def test_the_call_after_the_last(api: Api) -> None:
    for expected in range(999, -1, -1):
        answer = await api.get("/v1/rules", role="viewer")
        assert (answer.status, answer.headers["x-ratelimit-remaining"]) == (200, str(expected))
    answer = await api.get("/v1/rules", role="viewer")
    assert answer.status == 429
    assert answer.error["code"] == "RATE_LIMITED"
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.headers["x-ratelimit-reset"] == str(SEED_RESET)
    assert answer.headers["retry-after"] == "800"
    assert (await api.get("/v1/rules", role="admin")).status == 200
    assert (await api.get("/health/live", role=None)).status == 200
    api.clock.set(datetime(2023, 8, 5, 15, 59, 59, 900_000, tzinfo=UTC))
    assert (await api.get("/v1/rules", role="viewer")).headers["retry-after"] == "1"
    api.clock.set(datetime(2023, 8, 5, 16, tzinfo=UTC))
    answer = await api.get("/v1/rules", role="viewer")
    assert (answer.status, answer.headers["x-ratelimit-remaining"]) == (200, "999")
    assert answer.headers["x-ratelimit-reset"] == str(SEED_RESET + 3600)


@contract("2.1")
async def test_quota_goes_before_role_and_body(api: Api) -> None:
    for _ in range(1000):
        await api.post("/v1/scans", b"{", role="viewer")
    answer = await api.post("/v1/scans", b"{", role="viewer")
    assert answer.status == 429


@contract("2.5")
@pytest.mark.parametrize(
    ("method", "url", "body", "status"),
    [
        ("GET", "/v1/scans/nothing", None, 404),
        ("GET", "/v1/rules?surprise=1", None, 400),
        ("POST", "/v1/scans", b"{}", 400),
        ("POST", "/v1/scans", b"x" * (1024 * 1024 + 1), 413),
        ("PUT-LIKE", "", None, 0),
    ],
)
async def test_every_counted_answer_tells(
    api: Api, method: str, url: str, body: bytes | None, status: int
) -> None:
    if method == "PUT-LIKE":
        answer = await api.call("DELETE", "/v1/api-keys/key-x", role="viewer")
        assert answer.status == 403
    else:
        answer = await api.call(method, url, body, role="operator")
        assert answer.status == status
    assert answer.headers["x-ratelimit-limit"] == "1000"
    assert answer.headers["x-ratelimit-remaining"] == "999"


@contract("2.5")
async def test_a_failure_of_ours_is_counted_too(api: Api) -> None:
    api.rewire(rules=None)
    answer = await api.get("/v1/rules")
    assert (answer.status, answer.headers["x-ratelimit-remaining"]) == (500, "999")


@contract("2.5")
@pytest.mark.parametrize(
    ("tier", "limit"), [("standard", 1_000), ("professional", 10_000), ("enterprise", 100_000)]
)
async def test_tiers(tier: str, limit: int) -> None:
    key = {"id": "k", "name": "n", "role": "viewer", "tier": tier, "key": "Zp2mQ8vL5xK1tR7yB4nW9cJ3"}
    api = Api(settings(SECURITY_COPILOT_API_KEYS=json.dumps([key])))
    answer = await api.get("/v1/rules", role=None, headers={"Authorization": f"Bearer {key['key']}"})
    assert answer.headers["x-ratelimit-limit"] == str(limit)
    assert answer.headers["x-ratelimit-remaining"] == str(limit - 1)


async def test_the_draft_s_fields_by_configuration() -> None:
    clock = MemoryClock(datetime(2023, 8, 5, 15, 39, 26, tzinfo=UTC))
    api = Api(settings(SECURITY_COPILOT_RATE_LIMIT_FIELDS="true"), clock)
    answer = await api.get("/v1/rules")
    assert answer.headers["ratelimit-policy"] == '"standard";q=1000;w=3600'
    assert answer.headers["ratelimit"] == '"standard";r=999;t=1234'


async def test_storage_away_is_neither_a_500_nor_a_standstill(api: Api) -> None:
    async def away(*_: object) -> None:
        raise StorageUnavailableError("away")

    api.callers.quotas.read = away  # type: ignore[method-assign]
    answers = [await api.get("/v1/rules") for _ in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [503]
    assert answers[-1].error["code"] == "SERVICE_UNAVAILABLE"
    assert answers[-1].headers["retry-after"] == "15"
