"""The permissions that scans need: X-13."""

from __future__ import annotations

from functions.http.exchange import Call, Reply
from shared.api.permissions import PermissionsQuery, permissions_page
from shared.api.wire import EmptyBody
from shared.domain.scan import ScanRequest
from shared.scanners.wanted import WANTED
from shared.services.application import Application


async def get(call: Call[EmptyBody, PermissionsQuery], app: Application) -> Reply:
    """X-13."""
    wanted = call.query.scan_type
    scanner = app.scanners.of(ScanRequest(scan_type=wanted))
    lacking = [name for name in WANTED[wanted] if name not in app.scanners.names]
    return Reply(200, permissions_page(wanted, scanner.needs() if scanner is not None else (), lacking))
