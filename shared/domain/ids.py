"""Identifiers (contract 2.3): a kind, the UTC second of creation, and a tail where that second is taken."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final


class IdKind(StrEnum):
    """Prefixes of the identifiers the API hands out."""

    SCAN = "scan"
    FINDING = "finding"
    REMEDIATION = "rem"
    REQUEST = "req"
    REPORT = "report"
    WEBHOOK = "wh"
    EVENT = "evt"
    SUPPRESSION = "sup"
    SCHEDULE = "sch"


TAIL: Final = r"-\d{8}-\d{6}(-[0-9a-z]{4,8})?"
_PATTERNS: Final = {kind: re.compile(f"{kind.value}{TAIL}", re.ASCII) for kind in IdKind}
BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"


def is_id(kind: IdKind, text: str) -> bool:
    """Whether `text` has the form of an identifier of that kind."""
    return _PATTERNS[kind].fullmatch(text) is not None


def make_id(kind: IdKind, at: datetime, tail: str = "") -> str:
    """`scan-20250805-174258` or, with a tail, `scan-20250805-174258-ab12cd`. `at` must be aware."""
    stamp = at.astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{kind.value}-{stamp}-{tail}" if tail else f"{kind.value}-{stamp}"


def id_time(identifier: str) -> datetime:
    """The creation second that an identifier carries (contract I-8).

    Raises:
        ValueError: not an identifier of any kind.
    """
    match = re.fullmatch(r"[a-z]+-(\d{8}-\d{6})(-[0-9a-z]{4,8})?", identifier, re.ASCII)
    if match is None:
        raise ValueError("not an identifier")
    return datetime.strptime(match[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
