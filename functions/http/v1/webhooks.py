"""Webhooks: X-05. For administrators."""

from __future__ import annotations

from functions.http.conditional import demand
from functions.http.exchange import NO_CONTENT_REPLY, Call, Reply
from functions.http.links import next_link, page_request, position_of, token_of
from shared.api.query import NoQuery, PageQuery
from shared.api.webhooks import (
    DeliveryPage,
    ReplayBody,
    ReplayResult,
    SecretBody,
    WebhookBody,
    WebhookPage,
    WebhookPatch,
    delivery_view,
    tested,
    webhook_view,
)
from shared.api.wire import EmptyBody
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.timestamps import parse_wire_time
from shared.services.application import Application


async def create(call: Call[WebhookBody, NoQuery], app: Application) -> Reply:
    """X-05: register."""
    body = call.body
    webhook = await app.webhooks.create(
        body.url,
        body.events,
        body.secret,
        call.principal.id,
        description=body.description,
        signature_header=body.signature_header,
    )
    location = f"{app.settings.api.public_url}/v1/webhooks/{webhook.webhook_id}"
    return Reply(201, webhook_view(webhook), {"Location": location})


async def listing(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """X-05: all; the position of a cursor is a count, as they are few."""
    request = page_request(call, call.query, app)
    found = await app.webhooks.all()
    start = request.offset if request.after is None else int(request.after)
    end = start + request.limit
    body = WebhookPage(
        webhooks=tuple(webhook_view(one) for one in found[start:end]),
        total=len(found),
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, str(end) if end < len(found) else None),
    )
    return Reply(200, body)


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-05: one."""
    return Reply(200, webhook_view(await app.webhooks.get(call.parameters["webhook_id"])))


async def update(call: Call[WebhookPatch, NoQuery], app: Application) -> Reply:
    """X-05: change."""
    check = demand(call.if_match, webhook_view)
    changed = await app.webhooks.change(call.parameters["webhook_id"], call.body.change(), check)
    return Reply(200, webhook_view(changed))


async def delete(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-05: remove."""
    await app.webhooks.delete(call.parameters["webhook_id"])
    return NO_CONTENT_REPLY


async def rotate(call: Call[SecretBody, NoQuery], app: Application) -> Reply:
    """X-05: another secret."""
    check = demand(call.if_match, webhook_view)
    rotated = await app.webhooks.rotate_secret(call.parameters["webhook_id"], call.body.secret, check)
    return Reply(200, webhook_view(rotated))


async def test(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-05: one test event."""
    return Reply(200, tested(await app.webhooks.test(call.parameters["webhook_id"])))


async def deliveries(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """X-05: the delivery log."""
    request = page_request(call, call.query, app)
    page = await app.webhooks.deliveries(call.parameters["webhook_id"], request)
    body = DeliveryPage(
        deliveries=tuple(delivery_view(one) for one in page.items),
        total=page.total,
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, page.next_after),
    )
    return Reply(200, body)


async def replay(call: Call[ReplayBody, NoQuery], app: Application) -> Reply:
    """X-05: deliver kept events again."""
    try:
        since = parse_wire_time(call.body.since)
    except ValueError as error:
        raise InvalidRequestError.of(
            "since", Reason.INVALID_VALUE, "Since must be a time that exists"
        ) from error
    after = None if call.body.after is None else position_of(app, call.path, call.body.after)
    done = await app.webhooks.replay(call.parameters["webhook_id"], since, after)
    stopped = None if done.stopped_at is None else token_of(app, call.path, done.stopped_at)
    return Reply(200, ReplayResult(queued=done.queued, next_after=stopped))
