"""Blob storage for pages that are too large for messages and rows."""

from __future__ import annotations

from typing import Protocol


class BlobStore(Protocol):
    """Named byte strings in one container. Names use `/`, at most 512 characters."""

    async def put(self, name: str, data: bytes) -> None:
        """Write or replace a blob."""
        ...

    async def get(self, name: str) -> bytes:
        """A blob's content.

        Raises:
            MissingError: no such blob.
        """
        ...

    async def delete_prefix(self, prefix: str) -> int:
        """Delete every blob whose name begins so; how many there were. `prefix` must not be empty."""
        ...
