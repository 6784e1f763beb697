"""Suppressions: X-19."""

from __future__ import annotations

from functions.http.exchange import NO_CONTENT_REPLY, Call, Reply
from functions.http.links import next_link, page_request
from shared.api.findings import SuppressionBody, SuppressionPage, SuppressionState
from shared.api.query import NoQuery, PageQuery
from shared.api.wire import EmptyBody
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.suppression import Suppression, SuppressionScope
from shared.domain.timestamps import whole_second
from shared.services.application import Application

_SELECTORS = ("rule_id", "resource_id", "resource_group", "subscription_id", "tag_name")


async def listing(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """X-19, newest first."""
    page = await app.suppressions.page(page_request(call, call.query, app))
    body = SuppressionPage(
        suppressions=tuple(_state(one, app) for one in page.items),
        total=page.total,
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, page.next_after),
    )
    return Reply(200, body)


async def create(call: Call[SuppressionBody, NoQuery], app: Application) -> Reply:
    """X-19: it silences at once what is there; a very large estate is gone over by the timer."""
    body = call.body
    if all(getattr(body, name) is None for name in _SELECTORS):
        raise InvalidRequestError.of(
            "rule_id", Reason.MISSING, f"At least one of {', '.join(_SELECTORS)} is required"
        )
    if body.tag_value is not None and body.tag_name is None:
        raise InvalidRequestError.of("tag_name", Reason.MISSING, "Tag name is required beside a value")
    scope = SuppressionScope(**{name: getattr(body, name) for name in SuppressionScope.model_fields})
    made = await app.suppressions.create(
        scope, body.reason, whole_second(body.expires_at), call.principal, call.attempt
    )
    url = f"{app.settings.api.public_url}/v1/suppressions/{made.suppression_id}"
    return Reply(201, _state(made, app), {"Location": url})


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-19, one."""
    return Reply(200, _state(await app.suppressions.get(call.parameters["suppression_id"]), app))


async def delete(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """X-19: ended now; what it silenced is as it was before."""
    await app.suppressions.end(call.parameters["suppression_id"], call.principal)
    return NO_CONTENT_REPLY


def _state(one: Suppression, app: Application) -> SuppressionState:
    return SuppressionState(
        **one.scope.model_dump(),
        **one.model_dump(exclude={"scope"}),
        active=one.active(app.clock.now()),
    )
