"""THE route table. Registration, roles, the OpenAPI document, the local host and the docs read it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import orjson

from functions.http import system
from functions.http.docs_page import CONTENT_SECURITY_POLICY, HTML, page
from functions.http.exchange import (
    JSON,
    MERGE_PATCH,
    NO_CONTENT,
    TEXT,
    Call,
    Reply,
    Route,
)
from functions.http.openapi import document
from functions.http.route_kinds import (
    ADMINS,
    WRITERS,
    admin_delete,
    admin_get,
    admin_patch,
    admin_post,
    get,
    of_event_grid,
    post,
    public,
)
from functions.http.security import posture as security_posture
from functions.http.security import scans as security_scans
from functions.http.v1 import (
    access,
    config,
    event_grid,
    events,
    findings,
    permissions,
    posture,
    rules,
    scans,
    schedules,
    suppressions,
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
from shared.api.config import ConfigBody, ConfigHistoryPage, ConfigState
from shared.api.errors import ErrorCode
from shared.api.event_grid import EventGridAnswer
from shared.api.findings import (
    BulkReport,
    BulkUpdateBody,
    FindingPatchBody,
    FindingsQuery,
    HistoryPage,
    SuppressionBody,
    SuppressionPage,
    SuppressionState,
)
from shared.api.health import Live, Readiness
from shared.api.permissions import PermissionsPage, PermissionsQuery
from shared.api.query import (
    AttackPathsQuery,
    AuditQuery,
    ExposureQuery,
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
from shared.services.application import Application

_SECURITY: Final = "api/v1/security"
_V1: Final = "v1"


async def openapi_json(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-09: this table as an OpenAPI document."""
    return Reply(200, _document(app.settings.api.public_url))


async def docs(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """The same for people."""
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "no-referrer"}
    return Reply(200, _page(app.settings.api.public_url), headers, HTML)


@lru_cache(maxsize=4)
def _page(public_url: str) -> bytes:
    return page(document(ROUTES, public_url))


@lru_cache(maxsize=4)
def _document(public_url: str) -> bytes:
    return orjson.dumps(document(ROUTES, public_url))


ROUTES: Final[tuple[Route[Any, Any], ...]] = (
    post("A-01", "security_scans_create", f"{_SECURITY}/scans", security_scans.create,
         SecurityScanBody, {202: SecurityScanAccepted}, "Start a security scan"),
    post("A-02", "security_scans_sync", f"{_SECURITY}/scans/sync", security_scans.create_and_wait,
         SecurityScanBody, {200: SecurityScanDetail, 202: SecurityScanAccepted},
         "Start a security scan and wait for it, at most 180 seconds"),
    get("A-03", "security_scans_list", f"{_SECURITY}/scans", scans.listing, ScansQuery, ScanPage,
         "List security scans, newest first"),
    get("A-04", "security_scans_get", f"{_SECURITY}/scans/{{scan_id}}", security_scans.get, NoQuery,
         SecurityScanDetail, "Get a scan with its findings"),
    get("A-06", "security_posture", f"{_SECURITY}/posture", security_posture.posture, NoQuery,
         PostureReport, "Get the posture of the latest full scan", (ErrorCode.NOT_FOUND,)),
    get("A-08", "security_compliance", f"{_SECURITY}/compliance/{{framework}}",
         security_posture.compliance, NoQuery, ComplianceReport, "Get a framework's controls with evidence"),
    post("B-01", "v1_scans_create", f"{_V1}/scans", scans.create, ScanBody, {202: ScanStarted},
         "Trigger a scan"),
    get("X-01", "v1_scans_list", f"{_V1}/scans", scans.listing, ScansQuery, ScanPage,
         "List scans, newest first"),
    replace(get("B-02", "v1_scans_get", f"{_V1}/scans/{{scan_id}}", scans.get, NoQuery, ScanState,
                "Get the status of a scan"), tagged=True),
    get("B-03", "v1_scans_results", f"{_V1}/scans/{{scan_id}}/results", scans.results, ResultsQuery,
         ScanResultsPage, "Get the results of a scan"),
    replace(post("X-02", "v1_scans_cancel", f"{_V1}/scans/{{scan_id}}/cancel", scans.cancel, EmptyBody,
                 {202: ScanState}, "Cancel a scan that is not over"), tagged=True),
    replace(post("X-02b", "v1_scans_resume", f"{_V1}/scans/{{scan_id}}/resume", scans.resume, EmptyBody,
                 {202: ScanState}, "Run what a cancelled, failed or partial scan lacks"), tagged=True),
    get("X-10", "v1_scans_coverage", f"{_V1}/scans/{{scan_id}}/coverage", scans.coverage, PageQuery,
         CoveragePage, "Get what a scan read, skipped and was refused"),
    get("X-11", "v1_scans_exposure", f"{_V1}/scans/{{scan_id}}/exposure", scans.exposure, ExposureQuery,
         ExposurePage, "Get who reaches what, and which rule decides"),
    get("X-21", "v1_scans_attack_paths", f"{_V1}/scans/{{scan_id}}/attack-paths", scans.attack_paths,
         AttackPathsQuery, AttackPathsPage, "Get the ways from the internet to data, worst first"),
    get("B-04", "v1_findings_list", f"{_V1}/findings", findings.listing, FindingsQuery, FindingPage,
         "List findings, newest first"),
    replace(get("B-05", "v1_findings_get", f"{_V1}/findings/{{finding_id}}", findings.get, NoQuery, Finding,
                "Get a finding"), tagged=True),
    replace(post("B-06", "v1_findings_update", f"{_V1}/findings/{{finding_id}}", findings.patch,
                 FindingPatchBody, {200: Finding}, "Change a finding", (ErrorCode.CONFLICT,)),
           method="PATCH", tagged=True, media_types=(JSON, MERGE_PATCH)),
    post("B-07", "v1_findings_bulk_update", f"{_V1}/findings/bulk-update", findings.bulk_update,
         BulkUpdateBody, {200: BulkReport}, "Change many findings"),
    get("history", "v1_findings_history", f"{_V1}/findings/{{finding_id}}/history", findings.history,
         PageQuery, HistoryPage, "List the changes of a finding, newest first"),
    get("X-19", "v1_suppressions_list", f"{_V1}/suppressions", suppressions.listing, PageQuery,
         SuppressionPage, "List suppressions, newest first"),
    post("X-19", "v1_suppressions_create", f"{_V1}/suppressions", suppressions.create, SuppressionBody,
         {201: SuppressionState}, "Silence findings until a date"),
    get("X-19", "v1_suppressions_get", f"{_V1}/suppressions/{{suppression_id}}", suppressions.get, NoQuery,
         SuppressionState, "Get a suppression"),
    replace(admin_delete("X-19", "v1_suppressions_delete", f"{_V1}/suppressions/{{suppression_id}}",
                         suppressions.delete, "End a suppression"), roles=WRITERS),
    replace(get("B-12", "v1_config_get", f"{_V1}/config", config.get, NoQuery, ConfigState,
                "Get the configuration"), tagged=True),
    replace(post("B-13", "v1_config_put", f"{_V1}/config", config.put, ConfigBody, {200: ConfigState},
                 "Replace the configuration", (ErrorCode.CONFLICT,)),
           method="PUT", roles=ADMINS, tagged=True),
    get("history", "v1_config_history", f"{_V1}/config/history", config.history, PageQuery,
         ConfigHistoryPage, "List the changes of the configuration, newest first"),
    get("X-07", "v1_rules_list", f"{_V1}/rules", rules.listing, PageQuery, RulePage,
         "List the rules of the catalogue"),
    get("X-07", "v1_rules_get", f"{_V1}/rules/{{rule_id}}", rules.get, NoQuery, Rule, "Get a rule"),
    get("X-13", "v1_permissions_get", f"{_V1}/permissions", permissions.get, PermissionsQuery,
         PermissionsPage, "Get the least permissions that a scan needs"),
    replace(get("X-17", "v1_api_keys_list", f"{_V1}/api-keys", access.list_keys, PageQuery, ApiKeyPage,
                "List API keys, newest first"), roles=ADMINS),
    replace(post("X-17", "v1_api_keys_create", f"{_V1}/api-keys", access.create_key, ApiKeyBody,
                 {201: ApiKeyCreated}, "Make an API key; it is shown this once"),
           roles=ADMINS, secret_answer=True),
    admin_delete("X-17", "v1_api_keys_delete", f"{_V1}/api-keys/{{key_id}}", access.revoke_key,
                 "Revoke an API key"),
    replace(get("audit", "v1_audit_list", f"{_V1}/audit", access.audit, AuditQuery, AuditTrail,
                "List writes of all callers, newest first"), roles=ADMINS),
    get("X-16", "v1_frameworks_list", f"{_V1}/frameworks", posture.frameworks, NoQuery, FrameworkList,
         "List the compliance frameworks"),
    get("X-16", "v1_frameworks_get", f"{_V1}/frameworks/{{framework}}", posture.framework, NoQuery,
         FrameworkDetail, "Get a framework with its controls and the rules that speak to them"),
    get("X-22", "v1_posture_trend", f"{_V1}/posture/trend", posture.trend, TrendQuery, PostureTrend,
         "Get how posture went over the latest full scans"),
    get("X-12", "v1_schedules_list", f"{_V1}/schedules", schedules.listing, PageQuery, SchedulePage,
         "List schedules, the built-in one first"),
    post("X-12", "v1_schedules_create", f"{_V1}/schedules", schedules.create, ScheduleBody,
         {201: ScheduleView}, "Make a schedule of scans", (ErrorCode.CONFLICT,)),
    get("X-12", "v1_schedules_get", f"{_V1}/schedules/{{schedule_id}}", schedules.get, NoQuery,
         ScheduleView, "Get a schedule with its last and next run"),
    replace(post("X-12", "v1_schedules_update", f"{_V1}/schedules/{{schedule_id}}", schedules.update,
                 SchedulePatch, {200: ScheduleView}, "Change a schedule, or switch it on or off",
                 (ErrorCode.CONFLICT,)), method="PATCH"),
    replace(admin_delete("X-12", "v1_schedules_delete", f"{_V1}/schedules/{{schedule_id}}",
                         schedules.delete, "Remove a schedule"),
           roles=WRITERS, errors=(ErrorCode.CONFLICT,)),
    admin_get("X-05", "v1_webhooks_list", f"{_V1}/webhooks", webhooks.listing, PageQuery, WebhookPage,
              "List webhooks, newest first"),
    admin_post("X-05", "v1_webhooks_create", f"{_V1}/webhooks", webhooks.create, WebhookBody,
               {201: WebhookView}, "Register a webhook", (ErrorCode.CONFLICT,)),
    replace(admin_get("X-05", "v1_webhooks_get", f"{_V1}/webhooks/{{webhook_id}}", webhooks.get, NoQuery,
                      WebhookView, "Get a webhook"), tagged=True),
    replace(admin_patch("X-05", "v1_webhooks_update", f"{_V1}/webhooks/{{webhook_id}}", webhooks.update,
                        WebhookPatch, WebhookView, "Change a webhook, or switch it on or off"), tagged=True),
    admin_delete("X-05", "v1_webhooks_delete", f"{_V1}/webhooks/{{webhook_id}}", webhooks.delete,
                 "Remove a webhook and what is pending for it"),
    replace(admin_post("X-05", "v1_webhooks_rotate", f"{_V1}/webhooks/{{webhook_id}}/rotate-secret",
                       webhooks.rotate, SecretBody, {200: WebhookView},
                       "Sign with a new secret; the old one signs beside it for 24 hours"), tagged=True),
    admin_post("X-05", "v1_webhooks_test", f"{_V1}/webhooks/{{webhook_id}}/test", webhooks.test, EmptyBody,
               {200: WebhookTestResult}, "Send a test event now"),
    admin_get("X-05", "v1_webhooks_deliveries", f"{_V1}/webhooks/{{webhook_id}}/deliveries",
              webhooks.deliveries, PageQuery, DeliveryPage, "List deliveries, newest event first"),
    admin_post("X-05", "v1_webhooks_replay", f"{_V1}/webhooks/{{webhook_id}}/replay", webhooks.replay,
               ReplayBody, {200: ReplayResult}, "Deliver kept events again", (ErrorCode.CONFLICT,)),
    get("X-06", "v1_events_list", f"{_V1}/events", events.listing, EventsQuery, EventsPage,
         "Get events behind a position, waiting for the first one"),
    of_event_grid("v1_eventgrid_permit", "OPTIONS", event_grid.permit, {200: NO_CONTENT},
                  "Tell Event Grid whether it may deliver CloudEvents", (ErrorCode.FORBIDDEN,)),
    of_event_grid("v1_eventgrid_deliver", "POST", event_grid.deliver, {200: EventGridAnswer},
                  "Take events of changed resources", (ErrorCode.SERVICE_UNAVAILABLE,)),
    public("health_live", "health/live", system.live, {200: Live}, "Whether the process answers"),
    public("health_ready", "health/ready", system.ready, {200: Readiness, 503: Readiness},
           "Whether storage and broker answer"),
    public("openapi_json", "openapi.json", openapi_json, {200: JSON}, "This API as OpenAPI 3.1"),
    public("docs", "docs", docs, {200: HTML}, "This API for people"),
    public("security_txt", ".well-known/security.txt", system.security_txt, {200: TEXT},
           "Where to report weaknesses (RFC 9116)"),
)  # fmt: skip
"""Every HTTP function of the app."""
