"""Schedules: X-12."""

from __future__ import annotations

from functions.http.exchange import NO_CONTENT_REPLY, Call, Reply
from functions.http.links import next_link, page_request
from shared.api.query import NoQuery, PageQuery
from shared.api.schedules import ScheduleBody, SchedulePage, SchedulePatch, schedule_view
from shared.api.wire import EmptyBody
from shared.services.application import Application


async def create(call: Call[ScheduleBody, NoQuery], app: Application) -> Reply:
    """X-12: make one."""
    schedule = await app.schedules.create(call.body.draft(), call.principal.id)
    location = f"{app.settings.api.public_url}/v1/schedules/{schedule.schedule_id}"
    return Reply(201, schedule_view(schedule), {"Location": location})


async def listing(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """X-12: all; the position of a cursor is a count, as they are few."""
    request = page_request(call, call.query, app)
    found = await app.schedules.all()
    start = request.offset if request.after is None else int(request.after)
    end = start + request.limit
    body = SchedulePage(
        schedules=tuple(schedule_view(one) for one in found[start:end]),
        total=len(found),
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, str(end) if end < len(found) else None),
    )
    return Reply(200, body)


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-12: one."""
    return Reply(200, schedule_view(await app.schedules.get(call.parameters["schedule_id"])))


async def update(call: Call[SchedulePatch, NoQuery], app: Application) -> Reply:
    """X-12: change."""
    schedule = await app.schedules.change(call.parameters["schedule_id"], call.body.change())
    return Reply(200, schedule_view(schedule))


async def delete(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-12: remove."""
    await app.schedules.delete(call.parameters["schedule_id"])
    return NO_CONTENT_REPLY
