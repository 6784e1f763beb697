"""Timestamps of the wire: RFC 3339, UTC, whole seconds, a literal `Z` (contract 2.2)."""

from __future__ import annotations

from datetime import UTC, datetime


def whole_second(at: datetime) -> datetime:
    """`at` in UTC with its fraction cut off."""
    return at.astimezone(UTC).replace(microsecond=0)


def wire_time(at: datetime) -> str:
    """`2025-08-05T17:42:58Z`."""
    return whole_second(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_wire_time(text: str) -> datetime:
    """The inverse of `wire_time`.

    Raises:
        ValueError: the text has another form.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
