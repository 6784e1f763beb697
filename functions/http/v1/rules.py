"""The rule catalogue: X-07."""

from __future__ import annotations

from bisect import bisect_right

from functions.http.exchange import Call, Reply
from functions.http.links import next_link, page_request
from shared.api import mapping
from shared.api.query import NoQuery, PageQuery
from shared.api.v1 import RulePage
from shared.api.wire import EmptyBody
from shared.domain.errors import NotFoundError
from shared.services.application import Application


async def listing(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """X-07, ordered by rule id; the position of a cursor is the id before it."""
    request = page_request(call, call.query, app)
    ids = sorted(app.rules)
    start = request.offset if request.after is None else bisect_right(ids, request.after)
    shown = ids[start : start + request.limit]
    after = shown[-1] if shown and start + request.limit < len(ids) else None
    body = RulePage(
        rules=tuple(mapping.rule(app.rules[rule_id]) for rule_id in shown),
        total=len(ids),
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, after),
    )
    return Reply(200, body)


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-07, one rule."""
    metadata = app.rules.get(call.parameters["rule_id"])
    if metadata is None:
        raise NotFoundError("Rule not found")
    return Reply(200, mapping.rule(metadata))
