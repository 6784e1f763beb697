"""Storage clients with retries short enough that a caller hears of an outage within about ten seconds."""

from __future__ import annotations

from typing import Any, Final
from urllib.request import getproxies

from azure.core.credentials_async import AsyncTokenCredential
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient, LinearRetry

_CONNECT_SECONDS: Final = 2
_READ_SECONDS: Final = 9
"""Silence after which a request is given up; not tried again, for the caller has waited long enough."""
_TABLE_RETRIES: Final[dict[str, Any]] = {
    "retry_total": 3,
    "retry_connect": 2,
    "retry_read": 0,
    "retry_status": 3,
    "retry_backoff_factor": 0.3,
    "retry_backoff_max": 2,
    "connection_timeout": _CONNECT_SECONDS,
    "read_timeout": _READ_SECONDS,
}


def table_service(
    *,
    connection_string: str | None = None,
    endpoint: str = "",
    credential: AsyncTokenCredential | None = None,
) -> TableServiceClient:
    """A table client from a connection string, or from `https://<account>.table...` and a login."""
    if connection_string is not None:
        return TableServiceClient.from_connection_string(connection_string, **_TABLE_RETRIES, **_proxy())
    return TableServiceClient(endpoint, credential=credential, **_TABLE_RETRIES, **_proxy())


def blob_service(
    *,
    connection_string: str | None = None,
    endpoint: str = "",
    credential: AsyncTokenCredential | None = None,
) -> BlobServiceClient:
    """A blob client from a connection string, or from `https://<account>.blob...` and a login."""
    options: dict[str, Any] = {
        "retry_policy": LinearRetry(backoff=1, retry_total=2, retry_read=0, random_jitter_range=0),
        "connection_timeout": _CONNECT_SECONDS,
        "read_timeout": _READ_SECONDS,
        **_proxy(),
    }
    if connection_string is not None:
        return BlobServiceClient.from_connection_string(connection_string, **options)
    return BlobServiceClient(endpoint, credential=credential, **options)


def _proxy() -> dict[str, Any]:
    """Ask for a proxy of the environment only where it names one.

    aiohttp asks for it, and for the user's `.netrc`, anew with every request and in a thread each time: for a
    read of one row that is a third of the CPU time. Azure's clients carry their credential themselves.
    https://docs.aiohttp.org/en/stable/client_reference.html#aiohttp.ClientSession (`trust_env`)
    """
    return {"use_env_settings": bool(getproxies())}
