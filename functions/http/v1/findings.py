"""Findings of surface B: B-04 and B-05."""

from __future__ import annotations

from functions.http.exchange import Call, Reply
from functions.http.links import next_link, page_request
from shared.api import mapping
from shared.api.query import FindingsQuery, NoQuery
from shared.api.v1 import FindingPage
from shared.api.wire import EmptyBody
from shared.ports.stores import FindingFilter
from shared.services.application import Application


async def listing(call: Call[EmptyBody, FindingsQuery], app: Application) -> Reply:
    """B-04."""
    query = call.query
    where = FindingFilter(statuses=query.status, severities=query.severity)
    page = await app.finding_queries.page(page_request(call, query, app), where)
    body = FindingPage(
        findings=tuple(mapping.finding(record) for record in page.items),
        total=page.total,
        limit=query.limit,
        offset=query.offset,
        next_link=next_link(call, query, app, page.next_after),
    )
    return Reply(200, body)


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """B-05."""
    return Reply(200, mapping.finding(await app.finding_queries.get(call.parameters["finding_id"])))
