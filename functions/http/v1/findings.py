"""Findings of surface B: B-04 to B-07 and their histories."""

from __future__ import annotations

from functions.http.conditional import demand
from functions.http.exchange import Call, Reply
from functions.http.links import next_link, page_request
from shared.api import mapping, v1
from shared.api.findings import (
    BulkReport,
    BulkResult,
    BulkUpdateBody,
    FindingPatchBody,
    FindingsQuery,
    HistoryEntry,
    HistoryPage,
)
from shared.api.query import NoQuery, PageQuery
from shared.api.v1 import FindingPage
from shared.api.wire import EmptyBody
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.finding import ChangeSource, Finding
from shared.domain.lifecycle import Author
from shared.domain.timestamps import whole_second
from shared.frameworks.registry import frameworks, rules_of
from shared.services.application import Application
from shared.services.finding_changes import EditOutcome, EditResult


async def listing(call: Call[EmptyBody, FindingsQuery], app: Application) -> Reply:
    """B-04."""
    query = call.query
    where = query.where(_rules_of(query.framework))
    page = await app.finding_queries.page(page_request(call, query, app), where)
    sla = await sla_view(app)
    body = FindingPage(
        findings=tuple(mapping.finding(record, sla) for record in page.items),
        total=page.total,
        limit=query.limit,
        offset=query.offset,
        next_link=next_link(call, query, app, page.next_after),
    )
    return Reply(200, body)


async def get(call: Call[EmptyBody, NoQuery], app: Application) -> Reply:
    """B-05."""
    record = await app.finding_queries.get(call.parameters["finding_id"])
    return Reply(200, mapping.finding(record, await sla_view(app)))


async def patch(call: Call[FindingPatchBody, NoQuery], app: Application) -> Reply:
    """B-06."""
    edit = call.body.edit()
    sla = await sla_view(app)

    def shown(record: Finding) -> v1.Finding:
        return mapping.finding(record, sla)

    check = demand(call.if_match, shown)
    record = await app.finding_changes.edit(call.parameters["finding_id"], edit, author(call, app), check)
    return Reply(200, shown(record))


async def bulk_update(call: Call[BulkUpdateBody, NoQuery], app: Application) -> Reply:
    """B-07: items that say nothing are `invalid` and hold up no other."""
    edits = call.body.edits()
    wanted = [(finding_id, edit) for finding_id, edit in edits if edit is not None]
    done = iter(await app.finding_changes.edit_many(wanted, author(call, app)))
    results = tuple(
        BulkResult(id=finding_id, status="invalid", error="Nothing is to be changed")
        if edit is None
        else _result(next(done))
        for finding_id, edit in edits
    )
    updated = sum(one.status == "updated" for one in results)
    return Reply(200, BulkReport(updated=updated, failed=len(results) - updated, results=results))


async def history(call: Call[EmptyBody, PageQuery], app: Application) -> Reply:
    """Changes of a finding."""
    finding_id = call.parameters["finding_id"]
    page = await app.finding_changes.history(finding_id, page_request(call, call.query, app))
    body = HistoryPage(
        finding_id=finding_id,
        history=tuple(HistoryEntry(**dict(change)) for change in page.items),
        total=page.total,
        limit=call.query.limit,
        offset=call.query.offset,
        next_link=next_link(call, call.query, app, page.next_after),
    )
    return Reply(200, body)


async def sla_view(app: Application) -> mapping.SlaView:
    """What due dates depend on now."""
    return mapping.SlaView((await app.configuration.current()).sla_days, app.clock.now())


def author(call: Call[FindingPatchBody, NoQuery] | Call[BulkUpdateBody, NoQuery], app: Application) -> Author:
    """The caller as the author of a change."""
    now = whole_second(app.clock.now())
    return Author(ChangeSource.PERSON, call.principal.id, now, call.request_id)


def _result(one: EditResult) -> BulkResult:
    if one.outcome is EditOutcome.UPDATED:
        return BulkResult(id=one.finding_id, status="updated", error=None)
    return BulkResult(id=one.finding_id, status=one.outcome.value, error=one.error)


def _rules_of(framework: str | None) -> frozenset[str] | None:
    """Ids of the rules that speak to the framework, None where none is named.

    Raises:
        InvalidRequestError: nobody knows the framework: an empty list would look like good news.
    """
    if framework is None:
        return None
    if framework not in frameworks():
        raise InvalidRequestError.of("framework", Reason.INVALID_VALUE, "Framework is not known")
    return rules_of(framework)
