"""Blobs in one container of Azure Storage, created on first use."""

from __future__ import annotations

import asyncio
from typing import Final

from azure.core.exceptions import HttpResponseError
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from shared.adapters.parallel import each
from shared.adapters.storage_errors import storage_errors
from shared.ports.errors import MissingError

MAX_NAME: Final = 512
_DELETES: Final = 16
_DELETE_BATCH: Final = 1000


class AzureBlobStore:
    """`BlobStore` on Azure Blob Storage."""

    def __init__(self, service: BlobServiceClient, container: str) -> None:
        self._container: ContainerClient = service.get_container_client(container)
        self._lock = asyncio.Lock()
        self._created = False

    async def aclose(self) -> None:
        """Release the container client; the service client belongs to who made it."""
        await self._container.close()

    async def _ready(self) -> ContainerClient:
        if not self._created:
            async with self._lock:
                if not self._created:
                    await self._create()
                    self._created = True
        return self._container

    async def _create(self) -> None:
        try:
            with storage_errors():
                await self._container.create_container()
        except HttpResponseError as error:
            if error.status_code != 409:
                raise

    async def put(self, name: str, data: bytes) -> None:
        """See `BlobStore.put`.

        Raises:
            ValueError: the name is empty or too long.
        """
        if not 0 < len(name) <= MAX_NAME:
            raise ValueError(f"blob name must have 1 to {MAX_NAME} characters")
        container = await self._ready()
        with storage_errors():
            await container.upload_blob(name, data, overwrite=True)

    async def get(self, name: str) -> bytes:
        """See `BlobStore.get`."""
        container = await self._ready()
        try:
            with storage_errors():
                download = await container.download_blob(name)
                return await download.readall()
        except HttpResponseError as error:
            if error.status_code != 404:
                raise
            raise MissingError(f"blob {name} is not stored") from error

    async def delete_prefix(self, prefix: str) -> int:
        """See `BlobStore.delete_prefix`.

        Raises:
            ValueError: the prefix is empty.
        """
        if not prefix:
            raise ValueError("prefix must not be empty")
        container = await self._ready()
        deleted = 0
        while True:
            with storage_errors():
                names: list[str] = []
                async for name in container.list_blob_names(name_starts_with=prefix):
                    names.append(name)
                    if len(names) == _DELETE_BATCH:
                        break
            if not names:
                return deleted
            deleted += sum(await each(names, self._delete, limit=_DELETES))

    async def _delete(self, name: str) -> bool:
        try:
            with storage_errors():
                await self._container.delete_blob(name)
        except HttpResponseError as error:
            if error.status_code != 404:
                raise
            return False
        return True
