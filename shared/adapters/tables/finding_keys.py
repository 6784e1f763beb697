"""Where findings stand in `FindingIndex`: seven lists, each a copy of every finding it holds, newest first.

    list        partition                                    what reads it
    all         <time>                                       no filter, other combinations; by id a point read
    severity    v~<severity>~<time>                          severity
    state       y~<status>~<severity>~<time>                 status, status and severity
    rule        r~<rule>~<second>                            rule
    resource    e~<subscription>~<digit>, row <digest>~...   resource
    sub         u~<subscription>~<second>                    subscription
    sub state   x~<subscription>~<status>~<severity>~<second>  subscription with status and severity

`time` is the inverted second and a quarter of the ids' tails (see `keys`). The row key is that of the id in
every list (behind the resource's digest in the fifth), so that lists merge by row key and one position serves
all of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from shared.adapters.tables.keys import newest_first, newest_first_partition, part
from shared.adapters.tables.ranges import KeyRange
from shared.domain.finding import Finding, FindingStatus
from shared.domain.finding_filter import FindingFilter
from shared.domain.severity import ORDER, Severity

Key = tuple[str, str]

_LAST_SECOND: Final = 999_999_999_999
_SECOND: Final = 13
_PLAIN_RULE: Final = re.compile(r"[a-z0-9_.-]{1,64}", re.ASCII)
_FIRST, _BEHIND = "i", "j"
"""Every key of an id begins with the first; no key is at or above the second."""


def id_key(finding_id: str) -> Key:
    """Partition and row of an id in the list of all.

    Raises:
        ValueError: not the id of a finding.
    """
    row = newest_first(finding_id, _FIRST)
    return newest_first_partition(row), row


def keys_of(finding: Finding) -> list[Key]:
    """Every row of a finding as it is."""
    return [*_lasting(finding), *_by_state(finding, finding.status, finding.observation.severity)]


def possible_keys(finding: Finding) -> list[Key]:
    """Every row that the finding can ever have had: those of all states and severities."""
    keys = list(_lasting(finding))
    for severity in ORDER:
        for status in FindingStatus:
            keys += _by_state(finding, status, severity)
    return list(dict.fromkeys(keys))


def state_keys(finding: Finding, status: str, severity: str) -> list[Key]:
    """The rows that depend on status and severity, for the given ones."""
    return list(_by_state(finding, status, severity))


def _lasting(finding: Finding) -> Iterator[Key]:
    time, row = id_key(finding.id)
    second, seen = time[:_SECOND], finding.observation
    subscription, digest = part(seen.subscription_id.lower()), _digest(seen.resource_id.lower())
    yield time, row
    yield f"r~{_rule(seen.rule_id)}~{second}", row
    yield f"e~{subscription}~{digest[0]}", f"{digest}~{row}"
    yield f"u~{subscription}~{second}", row


def _by_state(finding: Finding, status: str, severity: str) -> Iterator[Key]:
    time, row = id_key(finding.id)
    yield f"v~{severity}~{time}", row
    yield f"y~{status}~{severity}~{time}", row
    subscription = part(finding.observation.subscription_id.lower())
    yield f"x~{subscription}~{status}~{severity}~{time[:_SECOND]}", row


def _rule(rule_id: str) -> str:
    return rule_id if _PLAIN_RULE.fullmatch(rule_id) else f"~{_digest(rule_id)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def is_possible(where: FindingFilter) -> bool:
    """Whether a finding may have the filter's subscription: keys cannot hold every text."""
    for subscription in (where.subscription_id, subscription_of(where.resource_id)):
        if subscription is None:
            continue
        try:
            part(subscription.lower())
        except ValueError:
            return False
    return True


def subscription_of(resource_id: str | None) -> str | None:
    """The subscription of an ARM id, or the directory of an object of one; None for other texts."""
    parts = (resource_id or "").split("/")
    if len(parts) < 3 or parts[1].lower() not in ("subscriptions", "tenants"):
        return None
    return parts[2] if parts[1].lower() == "subscriptions" else f"tenant-{parts[2]}"


class FindingList:
    """One list: its range between two positions."""

    def __init__(self, prefix: str, digest: str | None = None) -> None:
        self._prefix = prefix
        self._digest = digest

    def between(
        self, after: str | None, where: FindingFilter, columns: dict[str, tuple[str, ...]] | None = None
    ) -> KeyRange:
        """Rows behind the position `after` and within the filter's times."""
        low, high = _bounds(where)
        beyond: str | None
        if after is not None and after > low:
            low = beyond = after
        else:
            beyond = low[: len(low) - 1] + chr(ord(low[-1]) - 1) + "~" if low != _FIRST else None
        if self._digest is not None:
            stem = f"{self._digest}~"
            return KeyRange(
                self._prefix, f"{self._prefix}!", stem + (beyond or "h~"), stem + high, columns or {}
            )
        return KeyRange(self._prefix + low[:_SECOND], self._prefix + high, beyond, high, columns or {})

    def position(self, row: str) -> str:
        """The position that a row key stands for."""
        return row if self._digest is None else row.partition("~")[2]


def _bounds(where: FindingFilter) -> tuple[str, str]:
    """Lowest position, and the one that is above all, of the filter's times."""
    low, high = _FIRST, _BEHIND
    if where.detected_before is not None:
        low = f"{_FIRST}{_LAST_SECOND - (_ceiling(where.detected_before) - 1):012d}"
    if where.detected_after is not None:
        high = f"{_FIRST}{_LAST_SECOND - _ceiling(where.detected_after) + 1:012d}"
    return low, max(low, high)


def _ceiling(moment: datetime) -> int:
    """Whole seconds, rounded up: a finding is detected in a whole second."""
    return int(moment.timestamp()) + (moment.microsecond > 0)


ALL: Final = FindingList("")


def severity_list(severity: Severity) -> FindingList:
    """Findings of a severity."""
    return FindingList(f"v~{severity.value}~")


def state_list(status: FindingStatus, severity: Severity) -> FindingList:
    """Findings of a status and a severity."""
    return FindingList(f"y~{status.value}~{severity.value}~")


def rule_list(rule_id: str) -> FindingList:
    """Findings of a rule."""
    return FindingList(f"r~{_rule(rule_id)}~")


def resource_list(subscription_id: str, resource_id: str) -> FindingList:
    """Findings about a resource."""
    digest = _digest(resource_id.lower())
    return FindingList(f"e~{part(subscription_id.lower())}~{digest[0]}", digest)


def subscription_list(subscription_id: str) -> FindingList:
    """Findings in a subscription."""
    return FindingList(f"u~{part(subscription_id.lower())}~")


def subscription_state_list(subscription_id: str, status: FindingStatus, severity: Severity) -> FindingList:
    """Findings of a status and a severity in a subscription."""
    return FindingList(f"x~{part(subscription_id.lower())}~{status.value}~{severity.value}~")
