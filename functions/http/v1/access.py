"""Who may call and who wrote what: X-17 and the audit trail. For administrators."""

from __future__ import annotations

from functions.http.exchange import NO_CONTENT_REPLY, Call, Reply
from functions.http.links import next_link, page_request
from shared.api.access import (
    ApiKeyBody,
    ApiKeyPage,
    AuditTrail,
    api_key,
    audit_record,
    created_api_key,
    new_api_key,
)
from shared.api.query import AuditQuery, NoQuery, PageQuery
from shared.api.wire import EmptyBody
from shared.services.application import Application


async def create_key(call: Call[ApiKeyBody, NoQuery], app: Application) -> Reply:
    """X-17: make a key and show it, this once."""
    record, text = await app.api_keys.create(new_api_key(call.body), call.principal.id)
    location = f"{app.settings.api.public_url}/v1/api-keys/{record.key_id}"
    return Reply(201, created_api_key(record, text), {"Location": location})


async def list_keys(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """X-17: keys that the service handed out, newest first; those of the settings are not among them."""
    page = await app.api_keys.page(page_request(call, call.query, app))
    body = ApiKeyPage(
        api_keys=tuple(api_key(record) for record in page.items),
        total=page.total,
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, page.next_after),
    )
    return Reply(200, body)


async def revoke_key(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-17: remove a key."""
    await app.api_keys.revoke(call.parameters["key_id"])
    return NO_CONTENT_REPLY


async def audit(call: Call[EmptyBody, AuditQuery], app: Application) -> Reply:
    """The audit trail, newest first."""
    request = page_request(call, call.query, app)
    page = await app.audit.page(request.limit, request.after)
    body = AuditTrail(
        entries=tuple(audit_record(entry) for entry in page.entries),
        limit=call.query.limit,
        next_link=next_link(call, call.query, app, page.next_after),
    )
    return Reply(200, body)
