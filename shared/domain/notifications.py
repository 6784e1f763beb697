"""What people are told about a scan: one digest, whatever it found. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.domain.scan import NotificationChannel, ScanStatus, ScanType
from shared.domain.severity import Severity

MOST_LISTED: Final = 10
"""Findings that a digest names; the rest is a number."""

RETRIES: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)
"""Pauses after failed attempts; then the notification is given up."""

PEOPLE: Final = frozenset({NotificationChannel.SLACK, NotificationChannel.EMAIL, NotificationChannel.TEAMS})
"""Channels that get digests; webhooks and Event Grid have feeds of their own."""


MAX_TEXT: Final = 200
"""Characters of a name or title that people are shown."""


def one_line(text: str) -> str:
    """Text of others on one line: cut, and without what steers a terminal, a mail or the reading direction.

    Control characters, invisible ones and halves of surrogate pairs become U+FFFD.
    """
    line = " ".join(text.split())[:MAX_TEXT]
    return "".join(character if character.isprintable() else "\ufffd" for character in line)


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One finding of a digest. Its texts are made one line each."""

    severity: Severity
    title: str
    resource_name: str
    resource_group: str

    def __post_init__(self) -> None:
        for name in ("title", "resource_name", "resource_group"):
            object.__setattr__(self, name, one_line(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Digest:
    """A scan in short. `lines` are its gravest findings of at least `least_severity`, `unlisted` the rest."""

    scan_id: str
    status: ScanStatus
    scan_type: ScanType
    environment: str
    duration_seconds: int
    by_severity: dict[Severity, int]
    least_severity: Severity
    lines: tuple[DigestLine, ...]
    unlisted: int
    link: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", one_line(self.environment))

    @property
    def total(self) -> int:
        """All findings of the scan."""
        return sum(self.by_severity.values())

    @property
    def worth_telling(self) -> bool:
        """Whether it did not end well, or found something of at least `least_severity`."""
        return self.status is not ScanStatus.COMPLETED or bool(self.lines)

    @property
    def headline(self) -> str:
        """One line, plain text."""
        if self.status is ScanStatus.FAILED:
            return f"Scan {self.scan_id} failed"
        noun = "finding" if self.total == 1 else "findings"
        return f"Scan {self.scan_id} {self.status.value}: {self.total} {noun}"

    @property
    def counts(self) -> str:
        """`2 critical, 1 high, 0 medium, 4 low`."""
        return ", ".join(f"{count} {severity.value}" for severity, count in self.by_severity.items())
