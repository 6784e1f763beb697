"""Blobs in memory."""

from __future__ import annotations

from shared.ports.errors import MissingError

MAX_NAME = 512


class MemoryBlobStore:
    """Twin of `AzureBlobStore`."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    async def aclose(self) -> None:
        """Nothing to release."""

    async def put(self, name: str, data: bytes) -> None:
        """See `BlobStore.put`.

        Raises:
            ValueError: the name is empty or too long.
        """
        if not 0 < len(name) <= MAX_NAME:
            raise ValueError(f"blob name must have 1 to {MAX_NAME} characters")
        self._blobs[name] = bytes(data)

    async def get(self, name: str) -> bytes:
        """See `BlobStore.get`."""
        try:
            return self._blobs[name]
        except KeyError:
            raise MissingError(f"blob {name} is not stored") from None

    async def delete_prefix(self, prefix: str) -> int:
        """See `BlobStore.delete_prefix`.

        Raises:
            ValueError: the prefix is empty.
        """
        if not prefix:
            raise ValueError("prefix must not be empty")
        names = [name for name in self._blobs if name.startswith(prefix)]
        for name in names:
            del self._blobs[name]
        return len(names)
