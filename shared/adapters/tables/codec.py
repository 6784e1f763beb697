"""Rows of tables: JSON as binary columns, within the limits of Table Storage.

Strings are stored as UTF-16 and a property holds at most 64 KiB, so JSON goes into binary properties `d0`,
`d1`, ... of up to 60 KiB; larger ones are deflated first. Limits:
https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)

CHUNK_BYTES: Final = 60 * 1024
COMPRESS_ABOVE_BYTES: Final = 32 * 1024
MAX_ROW_BYTES: Final = 900 * 1024
"""What is left of an entity's 1 MiB for its payload, beside keys and columns."""
MAX_PAYLOAD_BYTES: Final = 64 * 1024 * 1024
"""Ceiling for inflated content: a damaged row must not fill the memory."""


class RowTooLargeError(ValueError):
    """The value does not fit into one row, even compressed."""


def deflate(data: bytes) -> bytes:
    """Compressed form for `inflate`."""
    return zlib.compress(data, 6)


def inflate(data: bytes) -> bytes:
    """The inverse of `deflate`.

    Raises:
        RowTooLargeError: the content exceeds MAX_PAYLOAD_BYTES.
        ValueError: not what `deflate` gave.
    """
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(data, MAX_PAYLOAD_BYTES)
    except zlib.error as error:
        raise ValueError(f"stored row is damaged: {error}") from error
    if inflater.unconsumed_tail:
        raise RowTooLargeError("stored row inflates beyond the limit")
    if not inflater.eof:
        raise ValueError("stored row is cut short")
    return content


def pack(data: bytes) -> dict[str, Any]:
    """Columns that hold `data`.

    Raises:
        RowTooLargeError: more than MAX_ROW_BYTES after compression.
    """
    columns: dict[str, Any] = {}
    if len(data) > COMPRESS_ABOVE_BYTES:
        data = deflate(data)
        columns["deflated"] = True
    if len(data) > MAX_ROW_BYTES:
        raise RowTooLargeError(f"a row may hold {MAX_ROW_BYTES} bytes, this one needs {len(data)}")
    for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
        columns[f"d{number}"] = data[start : start + CHUNK_BYTES]
    return columns


def unpack(entity: Mapping[str, Any]) -> bytes:
    """What `pack` was given."""
    chunks: list[bytes] = []
    while (chunk := entity.get(f"d{len(chunks)}")) is not None:
        chunks.append(chunk)
    data = b"".join(chunks)
    return inflate(data) if entity.get("deflated") else data


def encode(value: BaseModel) -> bytes:
    """A model as JSON."""
    return value.model_dump_json(by_alias=True).encode()


def decode(model: type[Model], entity: Mapping[str, Any]) -> Model:
    """The model a row holds."""
    return model.model_validate_json(unpack(entity))
