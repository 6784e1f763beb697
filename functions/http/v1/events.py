"""Events by long poll: X-06."""

from __future__ import annotations

from functions.http.exchange import Call, Reply
from functions.http.links import position_of, token_of
from shared.api.webhooks import EARLIEST, EventsPage, EventsQuery, event_view
from shared.api.wire import EmptyBody
from shared.services.application import Application


async def listing(call: Call[EmptyBody, EventsQuery], app: Application) -> Reply:
    """X-06."""
    query = call.query
    if query.after is None:
        position = await app.event_queries.now()
    else:
        position = 0 if query.after == EARLIEST else position_of(app, call.path, query.after)
    batch = await app.event_queries.after(position, query.types, query.limit, query.wait)
    body = EventsPage(
        events=tuple(event_view(entry) for entry in batch.events),
        next_after=token_of(app, call.path, batch.position),
    )
    return Reply(200, body)
