"""Scans of surface B: B-01 to B-03, X-01, X-02, X-02b, X-10, X-11, X-21."""

from __future__ import annotations

from functions.http.conditional import demand
from functions.http.exchange import Call, Reply
from functions.http.idempotency import repeatable_id
from functions.http.links import next_link, operation_headers, page_request, progress_headers, v1_scan_url
from functions.http.v1.findings import sla_view
from shared.api import mapping
from shared.api.query import AttackPathsQuery, ExposureQuery, NoQuery, PageQuery, ResultsQuery, ScansQuery
from shared.api.v1 import (
    AttackPathCoverage,
    AttackPathsPage,
    CoveragePage,
    ExposurePage,
    ScanBody,
    ScanPage,
    ScanResultsPage,
)
from shared.api.wire import EmptyBody
from shared.domain.ids import IdKind
from shared.domain.scan import Scan
from shared.ports.stores import PathFilter
from shared.services.application import Application


async def create(call: Call[ScanBody, NoQuery], app: Application) -> Reply:
    """B-01."""
    request = mapping.scan_request_from_v1(call.body, strict_ids=app.settings.scan.strict_subscription_ids)
    scan = await app.start_scan.start(request, call.principal, repeatable_id(call, IdKind.SCAN))
    return Reply(202, mapping.scan_started(scan), operation_headers(v1_scan_url(app, scan.scan_id)))


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """B-02."""
    scan = await app.scan_queries.get(call.parameters["scan_id"])
    return Reply(200, mapping.scan_state(scan), progress_headers(scan))


async def results(call: Call[EmptyBody, ResultsQuery], app: Application) -> Reply:
    """B-03."""
    request = page_request(call, call.query, app)
    found = await app.scan_queries.results(call.parameters["scan_id"], request, call.query.severity)
    sla = await sla_view(app)
    body = ScanResultsPage(
        scan_id=found.scan.scan_id,
        status=found.scan.status.shown,
        findings=tuple(mapping.scan_finding(member, sla) for member in found.page.items),
        summary=mapping.results_summary(found.scan.totals),
        total=found.page.total,
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, found.page.next_after),
    )
    return Reply(200, body, progress_headers(found.scan))


async def listing(call: Call[EmptyBody, ScansQuery], app: Application) -> Reply:
    """A-03 and X-01."""
    request = page_request(call, call.query, app)
    page = await app.scan_queries.page(request, call.query.scan_type)
    body = ScanPage(
        scans=tuple(mapping.scan_state(scan) for scan in page.items),
        total=page.total,
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, page.next_after),
    )
    return Reply(200, body)


async def cancel(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-02."""
    await _unchanged(call, app)
    return _accepted(app, await app.scan_control.cancel(call.parameters["scan_id"], call.principal))


async def resume(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-02b."""
    await _unchanged(call, app)
    return _accepted(app, await app.scan_control.resume(call.parameters["scan_id"], call.principal))


async def _unchanged(call: Call[EmptyBody, NoQuery], app: Application) -> None:
    """The caller's `If-Match`, against the scan as B-02 shows it."""
    check = demand(call.if_match, mapping.scan_state)
    if check is not None:
        check(await app.scan_queries.get(call.parameters["scan_id"]))


def _accepted(app: Application, scan: Scan) -> Reply:
    return Reply(202, mapping.scan_state(scan), operation_headers(v1_scan_url(app, scan.scan_id)))


async def coverage(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """X-10."""
    request = page_request(call, call.query, app)
    found = await app.scan_queries.coverage(call.parameters["scan_id"], request)
    ledger = found.coverage
    body = CoveragePage(
        scan_id=found.scan.scan_id,
        status=found.scan.status.shown,
        complete=ledger.complete,
        subscriptions=ledger.subscriptions,
        resource_types=ledger.resource_types,
        rules=ledger.rules,
        scanners=ledger.scanners,
        failures=found.failures.items,
        failures_total=found.failures.total,
        unread_targets=ledger.unread_targets,
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, found.failures.next_after),
    )
    return Reply(200, body, progress_headers(found.scan))


async def exposure(call: Call[EmptyBody, ExposureQuery], app: Application) -> Reply:
    """X-11."""
    query = call.query
    request = page_request(call, query, app)
    found = await app.scan_queries.exposures(call.parameters["scan_id"], request, query.wanted())
    body = ExposurePage(
        scan_id=found.scan.scan_id,
        status=found.scan.status.shown,
        exposures=tuple(mapping.exposure_row(row) for row in found.page.items),
        total=found.page.total,
        limit=query.limit,
        offset=query.offset,
        next_link=next_link(call, query, app, found.page.next_after),
    )
    return Reply(200, body, progress_headers(found.scan))


async def attack_paths(call: Call[EmptyBody, AttackPathsQuery], app: Application) -> Reply:
    """X-21."""
    query = call.query
    request = page_request(call, query, app)
    where = PathFilter(query.severity, query.entry_point, query.target)
    found = await app.scan_queries.attack_paths(call.parameters["scan_id"], request, where)
    body = AttackPathsPage(
        scan_id=found.scan.scan_id,
        status=found.scan.status.shown,
        attack_paths=tuple(mapping.attack_path_row(row) for row in found.page.items),
        coverage=AttackPathCoverage(
            evaluated=found.evaluated,
            complete=found.complete,
            omitted=found.scan.totals.attack_paths_omitted,
            not_read=found.not_read,
        ),
        total=found.page.total,
        limit=query.limit,
        offset=query.offset,
        next_link=next_link(call, query, app, found.page.next_after),
    )
    return Reply(200, body, progress_headers(found.scan))
