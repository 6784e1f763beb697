"""Pages of JSON rows in blobs: zlib at its fastest level over one JSON array."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from typing import Any, Final

import orjson

from shared.ports.blobs import BlobStore

MAX_PAGE_BYTES: Final = 256 * 1024 * 1024
"""Ceiling for an unpacked page: a blob that claims more is refused."""


async def put_rows(blobs: BlobStore, name: str, rows: Sequence[Any]) -> None:
    """Write rows."""
    await blobs.put(name, await asyncio.to_thread(_pack, rows))


async def get_rows(blobs: BlobStore, name: str) -> list[Any]:
    """Read rows.

    Raises:
        MissingError: no such blob.
        ValueError: the blob is not such a page.
    """
    data = await blobs.get(name)
    return await asyncio.to_thread(_unpack, data)


def _pack(rows: Sequence[Any]) -> bytes:
    return zlib.compress(orjson.dumps(rows), 1)


def _unpack(data: bytes) -> list[Any]:
    rows = orjson.loads(unpacked(data))
    if not isinstance(rows, list):
        raise ValueError("page is not a list")
    return rows


def unpacked(data: bytes) -> bytes:
    """Undo zlib, up to MAX_PAGE_BYTES.

    Raises:
        ValueError: not zlib, cut off, or larger than allowed.
    """
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, MAX_PAGE_BYTES)
    except zlib.error as error:
        raise ValueError("page is not readable") from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("page is cut off or larger than allowed")
    return text
