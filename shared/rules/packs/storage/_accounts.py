"""Storage accounts: which services one has, and what its settings mean where they are not set.

Properties: https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.expectations import (
    MET,
    NOT_APPLICABLE,
    Columns,
    Expectation,
    Verdict,
    is_true,
    unmet,
)
from shared.rules.instants import instant_at

ACCOUNT: Final = "microsoft.storage/storageaccounts"
GET: Final = "https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties"

NEW_DEFAULTS: Final = datetime(2023, 12, 15, tzinfo=UTC)
"""Since when a new account admits neither anonymous reads nor replication to other tenants unless told to.

https://learn.microsoft.com/azure/storage/blobs/object-replication-prevent-cross-tenant-policies: before, null
meant allowed, and accounts that were made then keep that.
"""

_ENDPOINTS: Final = "properties.primaryEndpoints"
_CREATED: Final = "properties.creationTime"


def serves(service: str) -> Expectation:
    """The account has the service `blob`, `file`, `queue` or `table`: Azure names an endpoint of it."""
    path = f"{_ENDPOINTS}.{service}"

    def judge(columns: Columns) -> Verdict:
        if value_at(columns, _ENDPOINTS) is None:
            raise ColumnError(f"{_ENDPOINTS}: missing")
        return MET if text_at(columns, path) else NOT_APPLICABLE

    return Expectation((path,), judge)


uses_keys: Final = is_true("properties.allowSharedKeyAccess", absent=True)
"""The account's keys open it. Null is equivalent to true (Storage Accounts - Get Properties)."""


def is_off(path: str) -> Expectation:
    """A flag that is false; where it is null, what the account's age says (see `NEW_DEFAULTS`)."""

    def judge(columns: Columns) -> Verdict:
        value = value_at(columns, path)
        if value is not None and not isinstance(value, bool):
            raise ColumnError(f"{path}: neither true nor false")
        if value is not None:
            return unmet(f"{path} is true, expected false") if value else MET
        created = instant_at(columns, _CREATED)
        if created is None:
            raise ColumnError(f"{path} and {_CREATED}: missing")
        if created >= NEW_DEFAULTS:
            return MET
        return unmet(f"{path} is not set, which allows it in an account made on {created.date()}")

    return Expectation((path, _CREATED), judge)


_BYPASS: Final = "properties.networkAcls.bypass"


def _judge_bypass(columns: Columns) -> Verdict:
    value = text_at(columns, _BYPASS)
    words = {word.strip().lower() for word in (value or "AzureServices").split(",")}
    return MET if "azureservices" in words else unmet(f"{_BYPASS} is {value}, expected AzureServices in it")


lets_services_in: Final = Expectation((_BYPASS,), _judge_bypass)
"""The network rules have the exception for trusted Azure services, as they have unless set."""
