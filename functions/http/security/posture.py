"""Posture and compliance of surface A: A-06 and A-08."""

from __future__ import annotations

from functions.http.exchange import Call, Reply
from functions.http.links import v1_scan_url
from shared.api import compliance_mapping as mapping
from shared.api.query import NoQuery
from shared.api.wire import EmptyBody
from shared.services.application import Application


async def posture(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """A-06."""
    found = await app.posture_queries.latest()
    coverage = f"{v1_scan_url(app, found.scan.scan_id)}/coverage"
    return Reply(200, mapping.posture_report(found, coverage))


async def compliance(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """A-08."""
    view = await app.posture_queries.compliance(call.parameters["framework"])
    scan = v1_scan_url(app, view.posture.scan.scan_id)
    body = mapping.compliance_report(view, app.rules, f"{scan}/coverage", f"{scan}/results")
    return Reply(200, body)
