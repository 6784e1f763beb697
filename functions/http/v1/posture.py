"""Posture over time and the frameworks it is measured by: X-22 and X-16."""

from __future__ import annotations

from functions.http.exchange import Call, Reply
from shared.api import compliance_mapping as mapping
from shared.api.compliance import FrameworkList, PostureTrend
from shared.api.query import NoQuery, TrendQuery
from shared.api.wire import EmptyBody
from shared.services.application import Application


async def trend(call: Call[EmptyBody, TrendQuery], app: Application) -> Reply:
    """X-22."""
    found = await app.posture_queries.trend(call.query.limit)
    points = tuple(mapping.trend_point(one) for one in found)
    return Reply(200, PostureTrend(snapshots=points, limit=call.query.limit))


async def frameworks(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-16."""
    listed = tuple(mapping.framework_summary(one) for one in app.posture_queries.frameworks().values())
    return Reply(200, FrameworkList(frameworks=listed, total=len(listed)))


async def framework(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-16, one framework."""
    found = app.posture_queries.framework(call.parameters["framework"])
    return Reply(200, mapping.framework_detail(found))
