"""THE route table. Registration, roles, the OpenAPI document, the local host and the docs read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import orjson
from pydantic import BaseModel

from functions.http import system
from functions.http.exchange import (
    JSON,
    NO_CONTENT,
    TEXT,
    BodyT,
    Call,
    Handler,
    Method,
    QueryT,
    Reply,
    Route,
)
from functions.http.openapi import document
from functions.http.security import posture as security_posture
from functions.http.security import scans as security_scans
from functions.http.v1 import (
    access,
    event_grid,
    events,
    findings,
    permissions,
    posture,
    rules,
    scans,
    schedules,
    webhooks,
)
from shared.api.access import ApiKeyBody, ApiKeyCreated, ApiKeyPage, AuditTrail
from shared.api.compliance import (
    ComplianceReport,
    FrameworkDetail,
    FrameworkList,
    PostureReport,
    PostureTrend,
)
from shared.api.errors import ErrorCode
from shared.api.event_grid import EventGridAnswer, EventGridQuery
from shared.api.health import Live, Readiness
from shared.api.permissions import PermissionsPage, PermissionsQuery
from shared.api.query import (
    AttackPathsQuery,
    AuditQuery,
    ExposureQuery,
    FindingsQuery,
    NoQuery,
    PageQuery,
    ResultsQuery,
    ScansQuery,
    TrendQuery,
)
from shared.api.schedules import ScheduleBody, SchedulePage, SchedulePatch, ScheduleView
from shared.api.security import SecurityScanAccepted, SecurityScanBody, SecurityScanDetail
from shared.api.v1 import (
    AttackPathsPage,
    CoveragePage,
    ExposurePage,
    Finding,
    FindingPage,
    Rule,
    RulePage,
    ScanBody,
    ScanPage,
    ScanResultsPage,
    ScanStarted,
    ScanState,
)
from shared.api.webhooks import (
    DeliveryPage,
    EventsPage,
    EventsQuery,
    ReplayBody,
    ReplayResult,
    SecretBody,
    WebhookBody,
    WebhookPage,
    WebhookPatch,
    WebhookTestResult,
    WebhookView,
)
from shared.api.wire import EmptyBody
from shared.domain.principal import Role
from shared.services.application import Application

ANYONE: Final = frozenset(Role)
WRITERS: Final = frozenset({Role.ADMIN, Role.OPERATOR})
ADMINS: Final = frozenset({Role.ADMIN})

_SECURITY: Final = "api/v1/security"
_V1: Final = "v1"

Responses = Mapping[int, type[BaseModel] | str]


async def openapi_json(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-09: this table as an OpenAPI document."""
    return Reply(200, _document(app.settings.api.public_url))


@lru_cache(maxsize=4)
def _document(public_url: str) -> bytes:
    return orjson.dumps(document(ROUTES, public_url))


def _get(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[EmptyBody, QueryT],
    query: type[QueryT],
    response: type[BaseModel],
    summary: str,
    errors: tuple[ErrorCode, ...] = (),
) -> Route[EmptyBody, QueryT]:
    """A read: any role."""
    return Route(
        contract_id=contract_id,
        name=name,
        method="GET",
        path=path,
        summary=summary,
        handler=handler,
        roles=ANYONE,
        body=EmptyBody,
        query=query,
        responses={200: response},
        errors=errors,
    )


def _post(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[BodyT, NoQuery],
    body: type[BodyT],
    responses: Responses,
    summary: str,
    errors: tuple[ErrorCode, ...] = (),
) -> Route[BodyT, NoQuery]:
    """A write: admin or operator."""
    return Route(
        contract_id=contract_id,
        name=name,
        method="POST",
        path=path,
        summary=summary,
        handler=handler,
        roles=WRITERS,
        body=body,
        query=NoQuery,
        responses=responses,
        errors=errors,
    )


def _admin_get(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[EmptyBody, QueryT],
    query: type[QueryT],
    response: type[BaseModel],
    summary: str,
) -> Route[EmptyBody, QueryT]:
    """A read: administrators."""
    return replace(_get(contract_id, name, path, handler, query, response, summary), roles=ADMINS)


def _admin_post(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[BodyT, NoQuery],
    body: type[BodyT],
    responses: Responses,
    summary: str,
    errors: tuple[ErrorCode, ...] = (),
) -> Route[BodyT, NoQuery]:
    """A write: administrators."""
    return replace(_post(contract_id, name, path, handler, body, responses, summary, errors), roles=ADMINS)


def _admin_patch(
    contract_id: str,
    name: str,
    path: str,
    handler: Handler[BodyT, NoQuery],
    body: type[BodyT],
    response: type[BaseModel],
    summary: str,
) -> Route[BodyT, NoQuery]:
    """A change: administrators."""
    return replace(
        _admin_post(contract_id, name, path, handler, body, {200: response}, summary), method="PATCH"
    )


def _admin_delete(
    contract_id: str, name: str, path: str, handler: Handler[EmptyBody, NoQuery], summary: str
) -> Route[EmptyBody, NoQuery]:
    """A removal: administrators; nothing is answered."""
    return Route(
        contract_id=contract_id,
        name=name,
        method="DELETE",
        path=path,
        summary=summary,
        handler=handler,
        roles=ADMINS,
        body=EmptyBody,
        query=NoQuery,
        responses={204: NO_CONTENT},
    )


def _of_event_grid(
    name: str,
    method: Method,
    handler: Handler[EmptyBody, EventGridQuery],
    responses: Responses,
    summary: str,
    errors: tuple[ErrorCode, ...],
) -> Route[EmptyBody, EventGridQuery]:
    """A call of Event Grid: it brings a key of its own, and is neither counted nor audited."""
    refusals = (ErrorCode.UNAUTHORIZED, ErrorCode.NOT_FOUND, ErrorCode.RATE_LIMITED)
    return Route(
        contract_id="X-05",
        name=name,
        method=method,
        path=f"{_V1}/eventgrid",
        summary=summary,
        handler=handler,
        roles=None,
        body=EmptyBody,
        query=EventGridQuery,
        responses=responses,
        errors=(*refusals, *errors),
        counted=False,
        unparsed=True,
    )


def _public(
    name: str, path: str, handler: Handler[EmptyBody, NoQuery], responses: Responses, summary: str
) -> Route[EmptyBody, NoQuery]:
    """Operations: anonymous and not counted."""
    method: Method = "GET"
    return Route(
        contract_id="X-09",
        name=name,
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        roles=None,
        body=EmptyBody,
        query=NoQuery,
        responses=responses,
        counted=False,
    )


ROUTES: Final[tuple[Route[Any, Any], ...]] = (
    _post("A-01", "security_scans_create", f"{_SECURITY}/scans", security_scans.create,
          SecurityScanBody, {202: SecurityScanAccepted}, "Start a security scan"),
    _post("A-02", "security_scans_sync", f"{_SECURITY}/scans/sync", security_scans.create_and_wait,
          SecurityScanBody, {200: SecurityScanDetail, 202: SecurityScanAccepted},
          "Start a security scan and wait for it, at most 180 seconds"),
    _get("A-03", "security_scans_list", f"{_SECURITY}/scans", scans.listing, ScansQuery, ScanPage,
         "List security scans, newest first"),
    _get("A-04", "security_scans_get", f"{_SECURITY}/scans/{{scan_id}}", security_scans.get, NoQuery,
         SecurityScanDetail, "Get a scan with its findings"),
    _get("A-06", "security_posture", f"{_SECURITY}/posture", security_posture.posture, NoQuery,
         PostureReport, "Get the posture of the latest full scan", (ErrorCode.NOT_FOUND,)),
    _get("A-08", "security_compliance", f"{_SECURITY}/compliance/{{framework}}",
         security_posture.compliance, NoQuery, ComplianceReport, "Get a framework's controls with evidence"),
    _post("B-01", "v1_scans_create", f"{_V1}/scans", scans.create, ScanBody, {202: ScanStarted},
          "Trigger a scan"),
    _get("X-01", "v1_scans_list", f"{_V1}/scans", scans.listing, ScansQuery, ScanPage,
         "List scans, newest first"),
    _get("B-02", "v1_scans_get", f"{_V1}/scans/{{scan_id}}", scans.get, NoQuery, ScanState,
         "Get the status of a scan"),
    _get("B-03", "v1_scans_results", f"{_V1}/scans/{{scan_id}}/results", scans.results, ResultsQuery,
         ScanResultsPage, "Get the results of a scan"),
    _post("X-02", "v1_scans_cancel", f"{_V1}/scans/{{scan_id}}/cancel", scans.cancel, EmptyBody,
          {202: ScanState}, "Cancel a scan that is not over", (ErrorCode.CONFLICT,)),
    _post("X-02b", "v1_scans_resume", f"{_V1}/scans/{{scan_id}}/resume", scans.resume, EmptyBody,
          {202: ScanState}, "Run what a cancelled, failed or partial scan lacks", (ErrorCode.CONFLICT,)),
    _get("X-10", "v1_scans_coverage", f"{_V1}/scans/{{scan_id}}/coverage", scans.coverage, PageQuery,
         CoveragePage, "Get what a scan read, skipped and was refused"),
    _get("X-11", "v1_scans_exposure", f"{_V1}/scans/{{scan_id}}/exposure", scans.exposure, ExposureQuery,
         ExposurePage, "Get who reaches what, and which rule decides"),
    _get("X-21", "v1_scans_attack_paths", f"{_V1}/scans/{{scan_id}}/attack-paths", scans.attack_paths,
         AttackPathsQuery, AttackPathsPage, "Get the ways from the internet to data, worst first"),
    _get("B-04", "v1_findings_list", f"{_V1}/findings", findings.listing, FindingsQuery, FindingPage,
         "List findings, newest first"),
    _get("B-05", "v1_findings_get", f"{_V1}/findings/{{finding_id}}", findings.get, NoQuery, Finding,
         "Get a finding"),
    _get("X-07", "v1_rules_list", f"{_V1}/rules", rules.listing, PageQuery, RulePage,
         "List the rules of the catalogue"),
    _get("X-07", "v1_rules_get", f"{_V1}/rules/{{rule_id}}", rules.get, NoQuery, Rule, "Get a rule"),
    _get("X-13", "v1_permissions_get", f"{_V1}/permissions", permissions.get, PermissionsQuery,
         PermissionsPage, "Get the least permissions that a scan needs"),
    replace(_get("X-17", "v1_api_keys_list", f"{_V1}/api-keys", access.list_keys, PageQuery, ApiKeyPage,
                 "List API keys, newest first"), roles=ADMINS),
    replace(_post("X-17", "v1_api_keys_create", f"{_V1}/api-keys", access.create_key, ApiKeyBody,
                  {201: ApiKeyCreated}, "Make an API key; it is shown this once"),
            roles=ADMINS, secret_answer=True),
    _admin_delete("X-17", "v1_api_keys_delete", f"{_V1}/api-keys/{{key_id}}", access.revoke_key,
                  "Revoke an API key"),
    replace(_get("audit", "v1_audit_list", f"{_V1}/audit", access.audit, AuditQuery, AuditTrail,
                 "List writes of all callers, newest first"), roles=ADMINS),
    _get("X-16", "v1_frameworks_list", f"{_V1}/frameworks", posture.frameworks, NoQuery, FrameworkList,
         "List the compliance frameworks"),
    _get("X-16", "v1_frameworks_get", f"{_V1}/frameworks/{{framework}}", posture.framework, NoQuery,
         FrameworkDetail, "Get a framework with its controls and the rules that speak to them"),
    _get("X-22", "v1_posture_trend", f"{_V1}/posture/trend", posture.trend, TrendQuery, PostureTrend,
         "Get how posture went over the latest full scans"),
    _get("X-12", "v1_schedules_list", f"{_V1}/schedules", schedules.listing, PageQuery, SchedulePage,
         "List schedules, the built-in one first"),
    _post("X-12", "v1_schedules_create", f"{_V1}/schedules", schedules.create, ScheduleBody,
          {201: ScheduleView}, "Make a schedule of scans", (ErrorCode.CONFLICT,)),
    _get("X-12", "v1_schedules_get", f"{_V1}/schedules/{{schedule_id}}", schedules.get, NoQuery,
         ScheduleView, "Get a schedule with its last and next run"),
    replace(_post("X-12", "v1_schedules_update", f"{_V1}/schedules/{{schedule_id}}", schedules.update,
                  SchedulePatch, {200: ScheduleView}, "Change a schedule, or switch it on or off",
                  (ErrorCode.CONFLICT,)), method="PATCH"),
    replace(_admin_delete("X-12", "v1_schedules_delete", f"{_V1}/schedules/{{schedule_id}}",
                          schedules.delete, "Remove a schedule"),
            roles=WRITERS, errors=(ErrorCode.CONFLICT,)),
    _admin_get("X-05", "v1_webhooks_list", f"{_V1}/webhooks", webhooks.listing, PageQuery, WebhookPage,
               "List webhooks, newest first"),
    _admin_post("X-05", "v1_webhooks_create", f"{_V1}/webhooks", webhooks.create, WebhookBody,
                {201: WebhookView}, "Register a webhook", (ErrorCode.CONFLICT,)),
    _admin_get("X-05", "v1_webhooks_get", f"{_V1}/webhooks/{{webhook_id}}", webhooks.get, NoQuery,
               WebhookView, "Get a webhook"),
    _admin_patch("X-05", "v1_webhooks_update", f"{_V1}/webhooks/{{webhook_id}}", webhooks.update,
                 WebhookPatch, WebhookView, "Change a webhook, or switch it on or off"),
    _admin_delete("X-05", "v1_webhooks_delete", f"{_V1}/webhooks/{{webhook_id}}", webhooks.delete,
                  "Remove a webhook and what is pending for it"),
    _admin_post("X-05", "v1_webhooks_rotate", f"{_V1}/webhooks/{{webhook_id}}/rotate-secret",
                webhooks.rotate, SecretBody, {200: WebhookView},
                "Sign with a new secret; the old one signs beside it for 24 hours"),
    _admin_post("X-05", "v1_webhooks_test", f"{_V1}/webhooks/{{webhook_id}}/test", webhooks.test, EmptyBody,
                {200: WebhookTestResult}, "Send a test event now"),
    _admin_get("X-05", "v1_webhooks_deliveries", f"{_V1}/webhooks/{{webhook_id}}/deliveries",
               webhooks.deliveries, PageQuery, DeliveryPage, "List deliveries, newest event first"),
    _admin_post("X-05", "v1_webhooks_replay", f"{_V1}/webhooks/{{webhook_id}}/replay", webhooks.replay,
                ReplayBody, {200: ReplayResult}, "Deliver kept events again", (ErrorCode.CONFLICT,)),
    _get("X-06", "v1_events_list", f"{_V1}/events", events.listing, EventsQuery, EventsPage,
         "Get events behind a position, waiting for the first one"),
    _of_event_grid("v1_eventgrid_permit", "OPTIONS", event_grid.permit, {200: NO_CONTENT},
                   "Tell Event Grid whether it may deliver CloudEvents", (ErrorCode.FORBIDDEN,)),
    _of_event_grid("v1_eventgrid_deliver", "POST", event_grid.deliver, {200: EventGridAnswer},
                   "Take events of changed resources", (ErrorCode.SERVICE_UNAVAILABLE,)),
    _public("health_live", "health/live", system.live, {200: Live}, "Whether the process answers"),
    _public("health_ready", "health/ready", system.ready, {200: Readiness, 503: Readiness},
            "Whether storage and broker answer"),
    _public("openapi_json", "openapi.json", openapi_json, {200: JSON}, "This API as OpenAPI 3.1"),
    _public("security_txt", ".well-known/security.txt", system.security_txt, {200: TEXT},
            "Where to report weaknesses (RFC 9116)"),
)  # fmt: skip
"""Every HTTP function of the app."""
