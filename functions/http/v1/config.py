"""The configuration: B-12, B-13 and its history."""

from __future__ import annotations

from functions.http.conditional import demand
from functions.http.exchange import Call, Reply
from functions.http.links import next_link, page_request
from shared.api.config import ConfigBody, ConfigHistoryEntry, ConfigHistoryPage, config_state
from shared.api.query import NoQuery, PageQuery
from shared.api.wire import EmptyBody
from shared.services.application import Application


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """B-12."""
    return Reply(200, config_state(await app.configuration.stored()))


async def put(call: Call[ConfigBody, NoQuery], app: Application) -> Reply:
    """B-13."""
    check = demand(call.if_match, config_state)
    stored = await app.configuration.replace(call.body.document(), call.principal, call.request_id, check)
    return Reply(200, config_state(stored))


async def history(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """Changes of the configuration, newest first."""
    page = await app.configuration.history(page_request(call, call.query, app))
    body = ConfigHistoryPage(
        history=tuple(ConfigHistoryEntry(**dict(change)) for change in page.items),
        total=page.total,
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, page.next_after),
    )
    return Reply(200, body)
