"""Scans of surface A: A-01, A-02 and A-04. A-03 answers as X-01 does."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from functions.http.exchange import Call, Reply
from functions.http.idempotency import repeatable_id
from functions.http.links import operation_headers, progress_headers, security_scan_url, v1_scan_url
from functions.http.v1.findings import sla_view
from shared.api import mapping
from shared.api.query import NoQuery
from shared.api.security import SecurityScanBody
from shared.api.wire import EmptyBody
from shared.domain.ids import IdKind
from shared.domain.page import MAX_LIMIT, PageRequest
from shared.domain.scan import Scan
from shared.services.application import Application

PATIENCE: Final = timedelta(seconds=180)
"""How long A-02 waits; the platform cuts HTTP requests at 230 s (contract C-08)."""


async def create(call: Call[SecurityScanBody, NoQuery], app: Application) -> Reply:
    """A-01."""
    request = mapping.scan_request_from_security(call.body)
    return _accepted(
        app, await app.start_scan.start(request, call.principal, repeatable_id(call, IdKind.SCAN))
    )


async def create_and_wait(call: Call[SecurityScanBody, NoQuery], app: Application) -> Reply:
    """A-02: A-04's body once the scan is over, A-01's answer when patience runs out."""
    request = mapping.scan_request_from_security(call.body)
    started = await app.start_scan.start(request, call.principal, repeatable_id(call, IdKind.SCAN))
    scan = await app.scan_queries.wait(started.scan_id, PATIENCE)
    return await _detail(app, scan.scan_id) if scan.status.terminal else _accepted(app, scan)


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """A-04."""
    return await _detail(app, call.parameters["scan_id"])


def _accepted(app: Application, scan: Scan) -> Reply:
    url = security_scan_url(app, scan.scan_id)
    return Reply(202, mapping.scan_accepted(scan, url), operation_headers(url))


async def _detail(app: Application, scan_id: str) -> Reply:
    found = await app.scan_queries.results(scan_id, PageRequest(limit=MAX_LIMIT))
    link = f"{v1_scan_url(app, scan_id)}/results"
    posture = await app.posture_queries.of_scan(found.scan)
    scores = posture.scores if posture is not None else {}
    sla = await sla_view(app)
    body = mapping.scan_detail(found.scan, found.page.items, found.page.total, link, scores, sla)
    return Reply(200, body, progress_headers(found.scan))
