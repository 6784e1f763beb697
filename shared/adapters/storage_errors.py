"""Translating what the Azure storage clients raise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from azure.core.exceptions import AzureError, HttpResponseError

from shared.ports.errors import StorageUnavailableError

_UNAVAILABLE: Final = frozenset({401, 403, 408, 429})


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise StorageUnavailableError where storage does not answer, is too busy, or refuses the identity.

    Other answers of the service (404, 409, 412, 400) pass through for the caller to judge by their status:
    Azurite sends no error codes for tables.
    """
    try:
        yield
    except HttpResponseError as error:
        status = error.status_code or 0
        if status == 0 or status >= 500 or status in _UNAVAILABLE:
            raise StorageUnavailableError(f"storage answered with HTTP status {status}") from error
        raise
    except AzureError as error:
        raise StorageUnavailableError(f"storage does not answer ({type(error).__name__})") from error
