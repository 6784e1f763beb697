"""Query parameters of the list routes: pages (contract 2.8) and filters (C-26)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.api.wire import MAX_ARM_ID, AnySeverity, refused
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.exposure import ExposureFilter, SourceClass, Verdict
from shared.domain.page import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from shared.domain.scan import ScanType

MAX_CURSOR: Final = 1500
MAX_LIST: Final = 500
"""Characters of a comma list."""

DEFAULT_TREND: Final = 30
MAX_TREND: Final = 100

T = TypeVar("T")


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            raise refused(Reason.INVALID_TYPE, "must be a whole number")
        return int(value)
    return value


def _comma_list(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if len(value) > MAX_LIST:
        raise refused(Reason.TOO_LONG, f"must have at most {MAX_LIST} characters")
    return tuple(entry.strip().lower() for entry in value.split(","))


def lowered(value: Any) -> Any:
    """A text in lower case; anything else as it is."""
    return value.lower() if isinstance(value, str) else value


def _unique(values: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _arm_id(value: str) -> str:
    lowered = value.lower().rstrip("/")
    if not value.isprintable() or not re.fullmatch(r"/subscriptions/[^/]+(/[^/]+)+", lowered):
        raise refused(Reason.INVALID_FORMAT, "must be the ARM id of a resource")
    return lowered


CommaList = Annotated[tuple[T, ...], BeforeValidator(_comma_list), AfterValidator(_unique)]
"""`critical,high` in any case; each member once."""

WholeNumber = Annotated[int, BeforeValidator(_whole)]
"""A whole number as text."""


def _scope_or_resource(value: str) -> str:
    if not value.startswith("/") or not value.isprintable():
        raise refused(Reason.INVALID_FORMAT, "must be an ARM id")
    return value


ResourceIdText = Annotated[str, Field(min_length=2, max_length=1_000), AfterValidator(_scope_or_resource)]
"""An ARM id, also of a subscription, as Azure or a person spells it."""


class NoQuery(BaseModel):
    """A route without query parameters; unknown ones are refused as everywhere."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class PageQuery(NoQuery):
    """A page by number of rows, or from the position that a `next_link` carries."""

    limit: Annotated[int, BeforeValidator(_whole)] = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Page size"
    )
    offset: Annotated[int, BeforeValidator(_whole)] = Field(
        default=0, ge=0, le=MAX_OFFSET, description="Rows to leave out"
    )
    cursor: str | None = Field(
        default=None, min_length=1, max_length=MAX_CURSOR, description="Position from a next_link"
    )

    def check(self) -> None:
        """Refuse a position given twice.

        Raises:
            InvalidRequestError: `cursor` together with `offset` above 0.
        """
        if self.cursor is not None and self.offset > 0:
            raise InvalidRequestError.of(
                "cursor", Reason.MUTUALLY_EXCLUSIVE, "Cursor excludes an offset above 0"
            )

    def filters(self) -> dict[str, str]:
        """The parameters that select rows, as a link repeats them: everything but the position."""
        parameters: dict[str, str] = {}
        for name, value in self:
            if name in ("limit", "offset", "cursor") or value is None or value == ():
                continue
            entries: tuple[object, ...] = value if isinstance(value, tuple) else (value,)
            parameter = type(self).model_fields[name].alias or name
            parameters[parameter] = ",".join(_text(entry) for entry in entries)
        return parameters


def _text(value: object) -> str:
    """A parsed value as a query says it."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


class AuditQuery(PageQuery):
    """The audit trail grows without end: it is read on from a position, and nothing is left out."""

    offset: Annotated[int, BeforeValidator(_whole)] = Field(default=0, ge=0, le=0, description="Always 0")


class TrendQuery(NoQuery):
    """X-22."""

    limit: Annotated[int, BeforeValidator(_whole)] = Field(
        default=DEFAULT_TREND, ge=1, le=MAX_TREND, description="Full scans to look back on"
    )


class ScansQuery(PageQuery):
    """A-03, X-01."""

    scan_type: Annotated[ScanType | None, BeforeValidator(lowered)] = Field(
        default=None, description="Only scans of this type"
    )


class ResultsQuery(PageQuery):
    """B-03."""

    severity: CommaList[AnySeverity] = Field(default=(), description="Only these severities, comma list")


class ExposureQuery(PageQuery):
    """X-11. The parameter `class` is a reserved word in Python."""

    source_class: CommaList[SourceClass] = Field(
        default=(), alias="class", description="Only these classes of sources, comma list"
    )
    verdict: CommaList[Verdict] = Field(default=(), description="Only these verdicts, comma list")
    port: Annotated[int, Field(ge=0, le=65_535), BeforeValidator(_whole)] | None = Field(
        default=None, description="Only rows whose ports hold this one, by number, range or `*`"
    )
    resource: Annotated[str, Field(max_length=MAX_ARM_ID), AfterValidator(_arm_id)] | None = Field(
        default=None,
        description="Only rows with this ARM id, in any case, as entry point, receiver or step of the path",
    )

    def wanted(self) -> ExposureFilter:
        """The rows asked for."""
        return ExposureFilter(self.source_class, self.verdict, self.port, self.resource)


class AttackPathsQuery(PageQuery):
    """X-21."""

    severity: CommaList[AnySeverity] = Field(default=(), description="Only these severities, comma list")
    entry_point: ResourceIdText | None = Field(
        default=None, description="Only paths from the entry point with this ARM id, in any case"
    )
    target: ResourceIdText | None = Field(
        default=None, description="Only paths to the target with this ARM id, in any case"
    )
