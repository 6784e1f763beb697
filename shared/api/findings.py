"""Wire models of findings in people's hands: B-04 to B-07, histories, X-19."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from shared.api.query import CommaList, PageQuery
from shared.api.v1 import NextLink
from shared.api.wire import (
    MAX_RESOURCE_GROUP,
    RESOURCE_GROUP,
    AnySeverity,
    ArmId,
    FrameworkName,
    Name,
    RequestBody,
    ResourceRef,
    ResponseBody,
    WireTime,
    refused,
)
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.finding import ChangedField, ChangeSource, FindingStatus, Priority
from shared.domain.finding_filter import FindingFilter
from shared.domain.lifecycle import Edit

MAX_NOTES = 4000
MAX_BULK = 500
_BREAKS = frozenset("\n\r\t")


def _readable(value: str) -> str:
    """Refuse what hides or reorders text: control, format (bidi) and private characters, lone surrogates."""
    for char in value:
        if char not in _BREAKS and unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn"):
            raise refused(Reason.INVALID_FORMAT, "must have no control or invisible characters")
    return value


def _told(value: str) -> str:
    if not value.strip():
        raise refused(Reason.INVALID_VALUE, "must not be blank")
    return value


Notes = Annotated[str, Field(max_length=MAX_NOTES), AfterValidator(_readable)]
"""Text of several lines."""

Person = Annotated[Name, AfterValidator(_readable)]


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise refused(Reason.INVALID_FORMAT, "must be a time such as 2025-08-05T17:42:58Z") from error
    if parsed.tzinfo is None:
        raise refused(Reason.INVALID_FORMAT, "must say its offset from UTC, such as Z")
    try:
        return parsed.astimezone(UTC)
    except OverflowError as error:
        raise refused(Reason.OUT_OF_RANGE, "must lie within the years 1 to 9999") from error


Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str)]
"""RFC 3339 with an offset."""


class FindingsQuery(PageQuery):
    """B-04; without `status` all states."""

    status: CommaList[FindingStatus] = Field(default=(), description="Only these states, comma list")
    severity: CommaList[AnySeverity] = Field(default=(), description="Only these severities, comma list")
    rule_id: Name | None = Field(default=None, description="Only findings of this rule")
    resource_id: ResourceRef | None = Field(default=None, description="Only findings about this ARM id")
    subscription_id: Name | None = Field(default=None, description="Only findings in this subscription")
    framework: FrameworkName | None = Field(
        default=None, description="Only findings of rules that serve a control of this framework"
    )
    q: Name | None = Field(default=None, description="Only findings that speak of this text")
    detected_after: Moment | None = Field(
        default=None,
        description="Only findings first seen at this time or later",
        json_schema_extra={"format": "date-time"},
    )
    detected_before: Moment | None = Field(
        default=None,
        description="Only findings first seen before this time",
        json_schema_extra={"format": "date-time"},
    )
    assigned_to: Name | None = Field(default=None, description="Only findings of this assignee")

    def where(self, rules: frozenset[str] | None) -> FindingFilter:
        """The filter; `rules` are those of the framework, None when none is named."""
        return FindingFilter(
            statuses=self.status,
            severities=self.severity,
            rule_id=self.rule_id,
            resource_id=self.resource_id,
            subscription_id=self.subscription_id,
            rules=rules,
            text=self.q,
            detected_after=self.detected_after,
            detected_before=self.detected_before,
            assigned_to=self.assigned_to,
        )


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)  # what is absent stays as it is


class FindingPatchBody(RequestBody):
    """B-06: what to change. An absent member stays; null takes notes, assignee or priority away."""

    status: FindingStatus = Field(default=FindingStatus.OPEN, json_schema_extra=_without_default)
    resolution_notes: Notes | None = None
    resolved_by: Person | None = None
    assigned_to: Person | None = None
    priority: Priority | None = None

    @property
    def says_something(self) -> bool:
        """Whether it names anything to change."""
        return bool(self.model_fields_set & _EDITABLE)

    def edit(self) -> Edit:
        """The edit.

        Raises:
            InvalidRequestError: nothing is to be changed.
        """
        given = frozenset(self.model_fields_set & _EDITABLE)
        if not given:
            raise InvalidRequestError.of("body", Reason.MISSING, "At least one member is required")
        return Edit(given, **{name: getattr(self, name) for name in given})


_EDITABLE = frozenset({"status", "resolution_notes", "resolved_by", "assigned_to", "priority"})


class BulkItem(FindingPatchBody):
    """B-07, second shape: one finding and what to change."""

    id: str = Field(min_length=1, max_length=200)


class BulkUpdateBody(RequestBody):
    """B-07: either `finding_ids` with `action`, or `updates`."""

    finding_ids: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] | None = Field(
        default=None, min_length=1, max_length=MAX_BULK
    )
    action: Literal["resolve", "reopen", "start", "suppress", "assign"] | None = None
    resolution_notes: Notes | None = None
    assigned_to: Person | None = Field(default=None, description="Whom the action `assign` names")
    updates: tuple[BulkItem, ...] | None = Field(default=None, min_length=1, max_length=MAX_BULK)

    def edits(self) -> list[tuple[str, Edit | None]]:
        """(finding id, edit) in the order given; None where an item says nothing.

        Raises:
            InvalidRequestError: both shapes, neither, or half of one.
        """
        if self.updates is not None:
            for other in ("finding_ids", "action", "resolution_notes", "assigned_to"):
                if getattr(self, other) is not None:
                    raise InvalidRequestError.of(
                        other, Reason.MUTUALLY_EXCLUSIVE, f"{other} excludes updates"
                    )
            return [(one.id, one.edit() if one.says_something else None) for one in self.updates]
        if self.finding_ids is None:
            raise InvalidRequestError.of("finding_ids", Reason.MISSING, "Finding IDs is required")
        if self.action is None:
            raise InvalidRequestError.of("action", Reason.MISSING, "Action is required")
        edit = self._edit_of(self.action)
        return [(one, edit) for one in self.finding_ids]

    def _edit_of(self, action: str) -> Edit:
        given: dict[str, Any] = {}
        if action == "assign":
            if self.assigned_to is None:
                raise InvalidRequestError.of("assigned_to", Reason.MISSING, "Assigned to is required")
        else:
            given["status"] = _ACTIONS[action]
        for name in ("resolution_notes", "assigned_to"):
            if getattr(self, name) is not None:
                given[name] = getattr(self, name)
        return Edit(frozenset(given), **given)


_ACTIONS = {
    "resolve": FindingStatus.RESOLVED,
    "reopen": FindingStatus.OPEN,
    "start": FindingStatus.IN_PROGRESS,
    "suppress": FindingStatus.SUPPRESSED,
}


class BulkResult(ResponseBody):
    """What became of one item."""

    id: str
    status: Literal["updated", "not_found", "conflict", "invalid"]
    error: Annotated[str | None, Field(default=None, exclude_if=lambda value: value is None)]


class BulkReport(ResponseBody):
    """B-07: every item in the order given."""

    updated: int
    failed: int
    results: tuple[BulkResult, ...]


class HistoryEntry(ResponseBody):
    """One change of a finding: who, when, what from and to, by which call."""

    number: int
    at: WireTime
    source: ChangeSource
    by: str
    request_id: str | None
    fields: tuple[ChangedField, ...]


class HistoryPage(ResponseBody):
    """Changes of a finding, newest first."""

    finding_id: str
    history: tuple[HistoryEntry, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink


class SuppressionBody(RequestBody):
    """X-19: what to silence, why and until when. At least one of the members that select is required."""

    rule_id: Name | None = None
    resource_id: ArmId | None = Field(default=None, description="ARM id; covers what lies below it")
    resource_group: Annotated[Name, Field(max_length=MAX_RESOURCE_GROUP, pattern=RESOURCE_GROUP)] | None = (
        None
    )
    subscription_id: Name | None = None
    tag_name: Name | None = Field(default=None, description="Name of a tag of the resource")
    tag_value: Annotated[str, Field(max_length=256), AfterValidator(_readable)] | None = Field(
        default=None, description="Its value; absent, any value"
    )
    reason: Annotated[
        str, Field(min_length=1, max_length=MAX_NOTES), AfterValidator(_readable), AfterValidator(_told)
    ]
    expires_at: Moment = Field(json_schema_extra={"format": "date-time"})


class SuppressionState(ResponseBody):
    """X-19: a suppression as it stands."""

    suppression_id: str
    rule_id: str | None
    resource_id: str | None
    resource_group: str | None
    subscription_id: str | None
    tag_name: str | None
    tag_value: str | None
    reason: str
    created_at: WireTime
    created_by: str
    expires_at: WireTime
    ended_at: WireTime | None
    ended_by: str | None
    active: bool
    settled: bool = Field(description="Whether every finding that it matches has been told")


class SuppressionPage(ResponseBody):
    """X-19: newest first, ended ones too."""

    suppressions: tuple[SuppressionState, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink
