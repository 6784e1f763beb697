"""The route table whole, its registration with Azure Functions, and the OpenAPI document."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest
from openapi_spec_validator import validate

from functions.http.idempotency import body_digest, call_digest
from functions.http.openapi import document, error_codes
from functions.http.registration import http_blueprint
from functions.http.routes import ROUTES
from shared.adapters.memory.identity import MemoryAuditLog
from shared.adapters.memory.lifecycle_stores import MemoryConfigStore
from shared.api.errors import ErrorCode
from shared.domain.config import StoredConfig
from shared.domain.errors import UnavailableError
from shared.domain.finding import FindingStatus
from shared.domain.idempotency import Attempt
from shared.domain.principal import Principal
from shared.domain.schedules import MAX_SCHEDULES
from shared.domain.webhooks import MAX_WEBHOOKS
from shared.ports.errors import VersionConflictError
from shared.services.config import Configuration
from shared.services.rate_limits import Quota
from tests.contract.event_grid_statuses import statuses_of_event_grid
from tests.contract.harness import (
    NOW,
    PUBLIC_URL,
    RULE,
    Api,
    contract,
    finished,
    frozen,
    observation,
    record,
    scan_at,
)

TABLE = """
A-01  POST /api/v1/security/scans            security_scans_create admin,operator
A-02  POST /api/v1/security/scans/sync       security_scans_sync   admin,operator
A-03  GET  /api/v1/security/scans            security_scans_list   admin,operator,viewer
A-04  GET  /api/v1/security/scans/{scan_id}  security_scans_get    admin,operator,viewer
A-06  GET  /api/v1/security/posture          security_posture      admin,operator,viewer
A-08  GET  /api/v1/security/compliance/{framework} security_compliance admin,operator,viewer
B-01  POST /v1/scans                         v1_scans_create       admin,operator
X-01  GET  /v1/scans                         v1_scans_list         admin,operator,viewer
B-02  GET  /v1/scans/{scan_id}               v1_scans_get          admin,operator,viewer
B-03  GET  /v1/scans/{scan_id}/results       v1_scans_results      admin,operator,viewer
X-02  POST /v1/scans/{scan_id}/cancel        v1_scans_cancel       admin,operator
X-02b POST /v1/scans/{scan_id}/resume        v1_scans_resume       admin,operator
X-10  GET  /v1/scans/{scan_id}/coverage      v1_scans_coverage     admin,operator,viewer
X-11  GET  /v1/scans/{scan_id}/exposure      v1_scans_exposure     admin,operator,viewer
X-21  GET  /v1/scans/{scan_id}/attack-paths  v1_scans_attack_paths admin,operator,viewer
B-04  GET  /v1/findings                      v1_findings_list      admin,operator,viewer
B-05  GET  /v1/findings/{finding_id}         v1_findings_get       admin,operator,viewer
B-06  PATCH /v1/findings/{finding_id}        v1_findings_update    admin,operator
B-07  POST /v1/findings/bulk-update          v1_findings_bulk_update admin,operator
history GET /v1/findings/{finding_id}/history v1_findings_history  admin,operator,viewer
X-19  GET  /v1/suppressions                  v1_suppressions_list  admin,operator,viewer
X-19  POST /v1/suppressions                  v1_suppressions_create admin,operator
X-19  GET  /v1/suppressions/{suppression_id} v1_suppressions_get   admin,operator,viewer
X-19  DELETE /v1/suppressions/{suppression_id} v1_suppressions_delete admin,operator
B-12  GET  /v1/config                        v1_config_get         admin,operator,viewer
B-13  PUT  /v1/config                        v1_config_put         admin
history GET /v1/config/history               v1_config_history     admin,operator,viewer
X-07  GET  /v1/rules                         v1_rules_list         admin,operator,viewer
X-07  GET  /v1/rules/{rule_id}               v1_rules_get          admin,operator,viewer
X-13  GET  /v1/permissions                   v1_permissions_get    admin,operator,viewer
X-17  GET    /v1/api-keys                    v1_api_keys_list      admin
X-17  POST   /v1/api-keys                    v1_api_keys_create    admin
X-17  DELETE /v1/api-keys/{key_id}           v1_api_keys_delete    admin
audit GET    /v1/audit                       v1_audit_list         admin
X-16  GET  /v1/frameworks                    v1_frameworks_list    admin,operator,viewer
X-16  GET  /v1/frameworks/{framework}        v1_frameworks_get     admin,operator,viewer
X-22  GET  /v1/posture/trend                 v1_posture_trend      admin,operator,viewer
X-12  GET    /v1/schedules                       v1_schedules_list      admin,operator,viewer
X-12  POST   /v1/schedules                       v1_schedules_create    admin,operator
X-12  GET    /v1/schedules/{schedule_id}         v1_schedules_get       admin,operator,viewer
X-12  PATCH  /v1/schedules/{schedule_id}         v1_schedules_update    admin,operator
X-12  DELETE /v1/schedules/{schedule_id}         v1_schedules_delete    admin,operator
X-05  GET    /v1/webhooks                        v1_webhooks_list       admin
X-05  POST   /v1/webhooks                        v1_webhooks_create     admin
X-05  GET    /v1/webhooks/{webhook_id}           v1_webhooks_get        admin
X-05  PATCH  /v1/webhooks/{webhook_id}           v1_webhooks_update     admin
X-05  DELETE /v1/webhooks/{webhook_id}           v1_webhooks_delete     admin
X-05  POST   /v1/webhooks/{webhook_id}/rotate-secret v1_webhooks_rotate admin
X-05  POST   /v1/webhooks/{webhook_id}/test      v1_webhooks_test       admin
X-05  GET    /v1/webhooks/{webhook_id}/deliveries v1_webhooks_deliveries admin
X-05  POST   /v1/webhooks/{webhook_id}/replay    v1_webhooks_replay     admin
X-06  GET    /v1/events                          v1_events_list         admin,operator,viewer
X-05  OPTIONS /v1/eventgrid                      v1_eventgrid_permit    anonymous
X-05  POST    /v1/eventgrid                      v1_eventgrid_deliver   anonymous
X-09  GET  /health/live                      health_live           anonymous
X-09  GET  /health/ready                     health_ready          anonymous
X-09  GET  /openapi.json                     openapi_json          anonymous
X-09  GET  /docs                             docs                  anonymous
X-09  GET  /.well-known/security.txt         security_txt          anonymous
"""


def _rows() -> list[tuple[str, ...]]:
    return [
        (
            route.contract_id,
            route.method,
            f"/{route.path}",
            route.name,
            "anonymous" if route.roles is None else ",".join(sorted(route.roles)),
        )
        for route in ROUTES
    ]


def test_the_whole_table() -> None:
    assert _rows() == [tuple(line.split()) for line in TABLE.strip().splitlines()]


def test_counted_are_all_but_operations() -> None:
    assert {route.name for route in ROUTES if not route.counted} == {
        route.name for route in ROUTES if route.roles is None
    }


def _url(path: str) -> str:
    return path.format(
        scan_id="scan-20250805-174258",
        finding_id="finding-1",
        rule_id=RULE.rule_id,
        key_id="key-1",
        suppression_id="sup-1",
        framework="soc2",
        webhook_id="wh-20250805-174258",
        schedule_id="default",
    )


def test_registration_follows_the_host_s_rules() -> None:
    app = func.FunctionApp()
    app.register_functions(http_blueprint(ROUTES, Api()._source))
    functions = app.get_functions()
    assert [entry.get_function_name() for entry in functions] == [route.name for route in ROUTES]
    for entry, route in zip(functions, ROUTES, strict=True):
        trigger: Any = entry.get_trigger()
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,127}", entry.get_function_name() or "")
        assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]{0,127}", trigger.name)
        assert trigger.route == route.path
        assert not trigger.route.startswith(("admin", "runtime", "/"))
        assert trigger.auth_level is func.AuthLevel.ANONYMOUS
        assert [str(getattr(method, "value", method)) for method in trigger.methods] == [route.method]
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


class TestOpenApi:
    def test_valid_and_complete(self) -> None:
        described = document(ROUTES, PUBLIC_URL)
        validate(described)
        operations = {
            (method.upper(), path): operation
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
        }
        assert set(operations) == {(route.method, f"/{route.path}") for route in ROUTES}
        assert [operation["operationId"] for operation in operations.values()] != []
        for route in ROUTES:
            operation = operations[route.method, f"/{route.path}"]
            assert ("security" in operation) is (route.roles is not None)

    def test_query_parameters(self) -> None:
        described = document(ROUTES, PUBLIC_URL)
        parameters = {
            entry["name"]: entry for entry in described["paths"]["/v1/findings"]["get"]["parameters"]
        }
        assert set(parameters) == {
            *("status", "severity", "rule_id", "resource_id", "subscription_id", "framework", "q"),
            *("detected_after", "detected_before", "assigned_to", "limit", "offset", "cursor"),
        }
        assert parameters["limit"]["schema"] == {
            "type": "integer",
            "default": 50,
            "minimum": 1,
            "maximum": 200,
        }
        assert parameters["severity"]["explode"] is False

    @contract("X-09")
    async def test_served(self, api: Api) -> None:
        answer = await api.get("/openapi.json", role=None)
        assert answer.status == 200
        assert answer.json == document(ROUTES, PUBLIC_URL)


class _Away:
    async def authenticate(self, authorization: str | None) -> Principal:
        raise UnavailableError("Busy")


class _NothingReads(MemoryAuditLog):
    page = None  # type: ignore[assignment]


class _UsedUp:
    async def count(self, principal: Principal) -> Quota:
        return Quota(allowed=False, limit=1000, remaining=0, reset_at=1754416800)


_HOOK = {"url": "https://one.example/", "events": ["scan.failed"], "secret": "your-webhook-secret"}
_SCHEDULE = {"name": "n", "interval_minutes": 5}


async def fill_up(api: Api) -> None:
    """As many webhooks and schedules as there may be, the first webhook switched off."""
    for _ in range(MAX_WEBHOOKS):
        api.clock.advance(1)
        assert (await api.post("/v1/webhooks", _HOOK)).status == 201
    for _ in range(MAX_SCHEDULES):
        api.clock.advance(1)
        assert (await api.post("/v1/schedules", _SCHEDULE)).status == 201
    first = (await api.events.world.webhooks.all())[0]
    found = await api.events.world.webhooks.get(first.webhook_id)
    assert found is not None
    await api.events.world.webhooks.delete(first.webhook_id)
    off = first.disabled("test", NOW).model_copy(update={"webhook_id": "wh-20250805-174258"})
    await api.events.world.webhooks.insert(off)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_every_documented_error_can_be_reached(route: Any) -> None:
    """Each error status of the document by a request that provokes it."""
    url = _url(f"/{route.path}")
    reached: set[int] = set()

    async def note(api: Api, target: str = url, body: Any = None, **options: Any) -> None:
        reached.add((await api.call(route.method, target, body, **options)).status)

    api = Api()
    valid = VALID_BODIES.get(route.name)
    await note(api, f"{url}?surprise=1")
    if route.roles is not None:
        await note(api, role=None)
        away = Api()
        away.rewire(authenticator=_Away())
        await note(away)
        often = Api()
        often.rewire(rate_limits=_UsedUp())
        await note(often)
    await note(api, role="viewer")
    if "{" in route.path:
        await note(api, re.sub(r"{\w+}", "nothing", f"/{route.path}"), valid)
    if route.takes_body:
        await note(api, body=b"x" * (1024 * 1024 + 1))
        await note(api, body=b"{}", headers={"Content-Type": "text/plain"})
    if ErrorCode.CONFLICT in route.errors:
        over = Api()
        await over.scans.insert(finished(NOW))
        await fill_up(over)
        await note(over, body=valid)
    if route.method == "POST" and not route.unparsed:
        await _reuse_a_key(route.name, url, note)
    await _meet_a_conflict(route.name, note)
    if route.unparsed:
        reached |= await statuses_of_event_grid(route.method)
    broken = Api()
    broken.rewire(clock=broken.clock, audit=_NothingReads(), **dict.fromkeys(BREAKABLE))
    for body in (None, valid):
        await note(broken, body=body)
    expected = {code.status for code in error_codes(route)}
    if route.name in ("health_live", "openapi_json", "docs", "security_txt"):
        expected.discard(500)  # nothing there can be broken from outside
    assert expected <= reached


VALID_BODIES: dict[str, Any] = {
    "v1_webhooks_create": _HOOK,
    "v1_webhooks_update": {"description": "another"},
    "v1_webhooks_rotate": {"secret": "your-webhook-secret"},
    "v1_webhooks_replay": {"since": "2025-08-05T17:42:58Z"},
    "v1_schedules_create": _SCHEDULE,
    "v1_schedules_update": {"interval_minutes": 5},
    "security_scans_create": {},
    "v1_scans_create": {"subscription_id": "s"},
    "v1_api_keys_create": {"name": "n", "role": "viewer"},
    "v1_findings_update": {"status": "in_progress"},
    "v1_findings_bulk_update": {"finding_ids": ["finding-1"], "action": "resolve"},
    "v1_suppressions_create": {"rule_id": "r", "reason": "why", "expires_at": "2025-09-01T00:00:00Z"},
    "v1_config_put": {},
}
BREAKABLE = (
    *(
        "scanners",
        "scan_queries",
        "finding_queries",
        "start_scan",
        "scan_control",
        "rules",
        "probes",
        "api_keys",
    ),
    *("finding_changes", "suppressions", "configuration", "posture_queries"),
    *("webhooks", "event_queries", "schedules"),
)


async def _reuse_a_key(name: str, url: str, note: Any) -> None:
    """409 while a call with the key runs, 422 when its body was another."""
    api = Api()
    digest = call_digest("key-admin", "POST", url, "k")
    attempt = Attempt(key=digest, body_digest="other", begun_at=NOW, leased_until=NOW + timedelta(minutes=5))
    await api.attempts.insert(attempt)
    body = VALID_BODIES.get(name)
    await note(api, body=body, headers={"Idempotency-Key": "k"})
    running = Api()
    model = next(route.body for route in ROUTES if route.name == name)
    same = attempt.model_copy(
        update={"body_digest": body_digest(model.model_validate_json(json.dumps(body or {})))}
    )
    await running.attempts.insert(same)
    await note(running, body=body, headers={"Idempotency-Key": "k"})


async def _meet_a_conflict(name: str, note: Any) -> None:
    """412 for a resource that has changed, 409 for a move that its state does not allow."""
    api = Api()
    scan = scan_at(NOW)
    await api.scans.insert(scan)
    row = record(frozen(scan, observation(), NOW), status=FindingStatus.FALSE_POSITIVE)
    await api.findings.save([(row, None)])
    stale = {"If-Match": '"stale"'}
    if name in ("v1_webhooks_update", "v1_webhooks_rotate"):
        await fill_up(api)
        await note(api, body=VALID_BODIES[name], headers=stale)
    if name == "v1_findings_update":
        await note(api, f"/v1/findings/{row.id}", {"status": "suppressed"})
        await note(api, f"/v1/findings/{row.id}", {"status": "open"}, headers=stale)
    if name in ("v1_scans_cancel", "v1_scans_resume"):
        await note(api, headers=stale)
    if name == "v1_config_put":
        await note(api, body={}, headers=stale)
        api.rewire(configuration=Configuration(_Contested(), api.clock, {}))
        await note(api, body={"scan_interval_minutes": 30})


class _Contested(MemoryConfigStore):
    async def replace(self, stored: StoredConfig, etag: str) -> None:
        raise VersionConflictError("always")


@pytest.mark.parametrize(
    ("name", "status"),
    [(route.name, status) for route in ROUTES for status in route.responses],
)
def test_success_statuses_are_those_of_the_contract(name: str, status: int) -> None:
    by_name = {
        "security_scans_create": {202},
        "security_scans_sync": {200, 202},
        "v1_scans_create": {202},
        "v1_scans_cancel": {202},
        "v1_api_keys_create": {201},
        "v1_api_keys_delete": {204},
        "v1_suppressions_create": {201},
        "v1_suppressions_delete": {204},
        "v1_webhooks_create": {201},
        "v1_webhooks_delete": {204},
        "v1_schedules_create": {201},
        "v1_schedules_delete": {204},
        "v1_scans_resume": {202},
        "health_ready": {200, 503},
    }
    assert status in by_name.get(name, {200})


async def test_answers_fit_their_schemas(api: Api) -> None:
    """What is served has exactly the members that the document names."""
    await api.scans.insert(scan_at(NOW))
    described = document(ROUTES, PUBLIC_URL)
    for path in ("/v1/scans", "/v1/scans/scan-20250805-174258", "/v1/rules", f"/v1/rules/{RULE.rule_id}"):
        template = re.sub(r"/scan-\d+-\d+", "/{scan_id}", path).replace(RULE.rule_id, "{rule_id}")
        content = described["paths"][template]["get"]["responses"]["200"]["content"]
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = described["components"]["schemas"][name]
        served = set((await api.get(path)).json)
        assert set(schema["required"]) <= served <= set(schema["properties"])
