"""Points in time that columns hold, and what it means that a credential ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.domain.timestamps import wire_time
from shared.rules.base import EXPIRES_SOON
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.expectations import Columns
from shared.rules.resources import SubscriptionResources


def instant_at(columns: Columns, path: str) -> datetime | None:
    """The ISO 8601 instant at `path`, as ARM and Microsoft Graph write them; None when absent.

    Raises:
        ColumnError: not such an instant, or one without an offset from UTC.
    """
    text = text_at(columns, path)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ColumnError(f"{path}: not an instant") from error
    if found.tzinfo is None:
        raise ColumnError(f"{path}: without an offset from UTC")
    return found


def epoch_at(columns: Columns, path: str) -> datetime | None:
    """The Unix second at `path`, as Key Vault writes them (RFC 7519, NumericDate); None when absent.

    Raises:
        ColumnError: no such second.
    """
    seconds = value_at(columns, path)
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ColumnError(f"{path}: not a Unix second")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ColumnError(f"{path}: not a Unix second") from error


def ends_soon(ends: datetime, resources: SubscriptionResources) -> bool:
    """It has not ended, and will within the time that the operator set."""
    return resources.as_of < ends <= resources.as_of + resources.settings.expiring_within


def ending(ends: datetime, resources: SubscriptionResources) -> dict[str, Any]:
    """Evidence of a credential's end."""
    return {
        "expires_on": wire_time(ends),
        EXPIRES_SOON: ends_soon(ends, resources),
    }
