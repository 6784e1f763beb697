"""One Resource Graph row out of the bytes of one ARM resource.

Resource Graph answers a fixed set of columns: it adds ``tenantId``, ``subscriptionId`` and ``resourceGroup``,
lower-cases ``type`` and the group, and gives absent columns as null (``kind`` and ``managedBy`` as an empty
string). When the line allows it, those are spliced into the stored bytes and nothing is decoded.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from devhost.azure.arm_id import placement

COLUMNS: Final = (
    "id",
    "name",
    "type",
    "tenantId",
    "kind",
    "location",
    "resourceGroup",
    "subscriptionId",
    "managedBy",
    "sku",
    "plan",
    "properties",
    "tags",
    "identity",
    "zones",
    "extendedLocation",
)
"""Columns of the `resources` table, in the order that the service documents."""

_ADDED: Final = ("tenantId", "subscriptionId", "resourceGroup")

MALFORMED: Final = 1
"""Flag: the line is no resource; its text is served as `properties`."""
_SPLICE: Final = 2
_ABSENT_SHIFT: Final = 2
_OPTIONAL: Final = (
    ("kind", b'""'),
    ("location", b'""'),
    ("managedBy", b'""'),
    ("sku", b"null"),
    ("plan", b"null"),
    ("properties", b"null"),
    ("tags", b"null"),
    ("identity", b"null"),
    ("zones", b"null"),
    ("extendedLocation", b"null"),
)
_NEVER_NULL: Final = ("kind", "location", "managedBy")
_SPLICEABLE_KEYS: Final = frozenset({"id", "name", "type", *(name for name, _ in _OPTIONAL)})
_OPTIONAL_NAMES: Final = tuple(column for column, _ in _OPTIONAL)
_ALL_OPTIONAL: Final = (1 << len(_OPTIONAL)) - 1
_CUT_ETAG: Final = 1 << (_ABSENT_SHIFT + len(_OPTIONAL))
_ETAG = re.compile(rb',\s*"etag"\s*:\s*"(?:[^"\\]|\\.)*"')
_TEXT_ID = re.compile(rb'"id"\s*:\s*"(/[^"\\\x00-\x1f]{1,2048})"')
_TEXT_TYPE = re.compile(rb'"type"\s*:\s*"([^"\\\x00-\x1f/]{1,256}/[^"\\\x00-\x1f]{1,256})"')
_HEAD = re.compile(rb'\{\s*(?:"(?:id|name|type|location)"\s*:\s*"[^"\\]*"\s*,\s*)+')
_HEAD_ID = re.compile(rb'"id"\s*:\s*"([^"]*)"')
_HEAD_TYPE = re.compile(rb'"type"\s*:\s*"([^"]*)"')


def flags_of(raw: bytes, resource: Mapping[str, Any]) -> int:
    """What :func:`render` has to know of a well-formed line, as bits of a 16-bit number."""
    flags = 0
    for bit, (column, _) in enumerate(_OPTIONAL):
        if column not in resource:
            flags |= 1 << (_ABSENT_SHIFT + bit)
    head = _HEAD.match(raw)
    if (
        head
        and resource.get("name") is not None
        and not any(column in resource and resource[column] is None for column in _NEVER_NULL)
        and resource.keys() - _SPLICEABLE_KEYS <= {"etag"}
        and _HEAD_ID.search(head[0])
        and _HEAD_TYPE.search(head[0])
    ):
        if "etag" not in resource:
            flags |= _SPLICE
        elif _first_etag_is_the_resources(raw, resource):
            flags |= _SPLICE | _CUT_ETAG
    return flags


def _first_etag_is_the_resources(raw: bytes, resource: Mapping[str, Any]) -> bool:
    """Whether the entity tag, which is no column, can be cut out; the first one found may be a child's."""
    try:
        cut: object = orjson.loads(_ETAG.sub(b"", raw, count=1))
    except orjson.JSONDecodeError:
        return False
    return cut == {member: value for member, value in resource.items() if member != "etag"}


def render(raw: bytes, flags: int, tenant_id: str, columns: frozenset[str] | None = None) -> bytes:
    """The JSON object of the row of a well-formed line, of some columns or (None) of all."""
    wanted, added = _wanted(columns)
    present = ~(flags >> _ABSENT_SHIFT) & _ALL_OPTIONAL
    head = _HEAD.match(raw) if flags & _SPLICE and added is not None and not present & ~wanted else None
    kind, name = (_HEAD_TYPE.search(head[0]), _HEAD_ID.search(head[0])) if head else (None, None)
    if kind is None or name is None or added is None:
        row = row_of(orjson.loads(raw), tenant_id)
        return orjson.dumps(row if columns is None else {column: row[column] for column in columns})
    rest = raw[kind.end(1) : -1]
    start = raw[: kind.start(1)]
    if flags & _CUT_ETAG:
        rest = _ETAG.sub(b"", rest, count=1)
    return b"".join(
        (
            start,
            kind[1].lower(),
            rest.rstrip(),
            _added(placement(name[1].decode()), tenant_id, added),
            _absent(~present & wanted),
            b"}",
        )
    )


@lru_cache(maxsize=256)
def _wanted(columns: frozenset[str] | None) -> tuple[int, tuple[str, ...] | None]:
    """Optional columns as bits, and the added ones; None when id, name or type is not asked for."""
    if columns is None:
        return _ALL_OPTIONAL, _ADDED
    bits = sum(1 << bit for bit, column in enumerate(_OPTIONAL_NAMES) if column in columns)
    if not columns >= {"id", "name", "type"}:
        return bits, None
    return bits, tuple(column for column in _ADDED if column in columns)


def row_of(resource: Mapping[str, Any], tenant_id: str) -> dict[str, Any]:
    """The row of a decoded resource: the slow way, for lines that cannot be spliced."""
    subscription, group = placement(resource["id"])
    row = {column: resource.get(column) for column in COLUMNS}
    for column in _NEVER_NULL:
        if row[column] is None:
            row[column] = ""
    if row["name"] is None:
        row["name"] = resource["id"].rsplit("/", 1)[-1]
    row["type"] = resource["type"].lower()
    row["tenantId"] = tenant_id
    row["subscriptionId"] = subscription
    row["resourceGroup"] = group.lower()
    return row


def identity_in_text(raw: bytes) -> tuple[str, str] | None:
    """The first resource id and type that stand in a text which is not JSON; None without either."""
    name, kind = _TEXT_ID.search(raw), _TEXT_TYPE.search(raw)
    if name is None or kind is None:
        return None
    return name[1].decode("utf-8", "replace"), kind[1].decode("utf-8", "replace")


def render_malformed(raw: bytes, tenant_id: str) -> bytes:
    """The row of a line that only tells id and type: its text stands where an object is due."""
    resource_id, resource_type = identity_in_text(raw) or ("", "")
    resource = {"id": resource_id, "type": resource_type, "properties": raw.decode("utf-8", "replace")}
    return orjson.dumps(row_of(resource, tenant_id))


@lru_cache(maxsize=4096)
def _added(place: tuple[str, str], tenant_id: str, columns: tuple[str, ...]) -> bytes:
    subscription, group = place
    values = {"tenantId": tenant_id, "subscriptionId": subscription, "resourceGroup": group.lower()}
    members = orjson.dumps({column: values[column] for column in columns})[1:-1]
    return b"," + members if members else b""


@lru_cache(maxsize=1024)
def _absent(mask: int) -> bytes:
    return b"".join(
        b',"%s":%s' % (column.encode(), value)
        for bit, (column, value) in enumerate(_OPTIONAL)
        if mask & (1 << bit)
    )
