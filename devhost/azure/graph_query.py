"""The Resource Graph queries that are understood.

KQL is not parsed in general. A query is one of the product's own: its first line is the comment
``// security-copilot/<name>/<version>``, the name and version are in :data:`QUERIES`, and the text is ::

    <table>
    | where type in~ ('<type>', ...)          (or: where type =~ '<type>')
    | where resourceGroup =~ '<name>'         (optional)
    | project <column>, ...                   (optional, columns of the table only)
    | order by id asc

Anything else is refused, so that a query which the stand-in cannot answer truthfully never seems to work.
"""

import re
from dataclasses import dataclass
from typing import Final

from devhost.azure.errors import ArmError, graph_error
from devhost.azure.graph_row import COLUMNS

MAX_QUERY_CHARS: Final = 64_000

QUERIES: Final[dict[str, str]] = {
    "inventory/2": "resources",
    "app-service-config/1": "appserviceresources",
    "authorization/1": "authorizationresources",
    "scale-set-network/1": "computeresources",
    "security/1": "securityresources",
    "policy/1": "policyresources",
}
"""Query id -> the table that its text must read."""

_HEADER = re.compile(r"//[ \t]*security-copilot/([a-z0-9-]{1,64})/([0-9]{1,4})[ \t]*\r?\n")
_STRING = r"(?:'[^'\\\r\n]{1,300}'|\"[^\"\\\r\n]{1,300}\")"
_TYPE_IN = re.compile(rf"where\s+type\s+in~\s*\(\s*({_STRING}(?:\s*,\s*{_STRING})*)\s*,?\s*\)", re.I)
_TYPE_IS = re.compile(rf"where\s+type\s*=~\s*({_STRING})", re.I)
_GROUP_IS = re.compile(rf"where\s+resourceGroup\s*=~\s*({_STRING})", re.I)
_PROJECT = re.compile(r"project\s+([A-Za-z]+(?:\s*,\s*[A-Za-z]+)*)", re.I)
_ORDER = re.compile(r"order\s+by\s+id(?:\s+asc)?", re.I)
_ANY_STRING = re.compile(_STRING)


@dataclass(frozen=True, slots=True)
class GraphQuery:
    """What one query asks for; names are lower-cased."""

    query_id: str
    table: str
    types: tuple[str, ...]
    resource_group: str | None
    columns: frozenset[str] | None
    """None for all columns."""


def parse(text: str) -> GraphQuery:
    """Read a query.

    Raises:
        ArmError: 400 with the reason, for a query that is not known or not in the grammar.
    """
    header = _HEADER.match(text.lstrip()) if len(text) <= MAX_QUERY_CHARS else None
    if header is None:
        raise _refused("the text does not begin with '// security-copilot/<name>/<version>'")
    query_id = f"{header[1]}/{int(header[2])}"
    if query_id not in QUERIES:
        raise _refused(f"query '{query_id}' is not one of {', '.join(sorted(QUERIES))}")
    steps = [" ".join(step.split()) for step in text.lstrip()[header.end() :].split("|")]
    table = steps[0].lower()
    if table != QUERIES[query_id]:
        raise _refused(f"query '{query_id}' reads table '{QUERIES[query_id]}', not '{steps[0][:64]}'")
    return _parse_steps(query_id, table, steps[1:])


def _parse_steps(query_id: str, table: str, steps: list[str]) -> GraphQuery:
    types: tuple[str, ...] | None = None
    group: str | None = None
    columns: frozenset[str] | None = None
    if not steps or not _ORDER.fullmatch(steps.pop()):
        raise _refused("the last step is not 'order by id asc'")
    for step in steps:
        if columns is None and (match := _PROJECT.fullmatch(step)):
            columns = _columns(match[1])
        elif (types is None and columns is None and (match := _TYPE_IN.fullmatch(step))) or (
            types is None and columns is None and (match := _TYPE_IS.fullmatch(step))
        ):
            types = tuple(_unquoted(match[1]))
        elif group is None and columns is None and (match := _GROUP_IS.fullmatch(step)):
            group = _unquoted(match[1])[0]
        else:
            raise _refused(f"step '{step[:80]}' is not understood here")
    if types is None:
        raise _refused("no step 'where type in~ (...)'")
    return GraphQuery(query_id, table, types, group, columns)


def _unquoted(text: str) -> list[str]:
    return [quoted[1:-1].lower() for quoted in _ANY_STRING.findall(text)]


def _columns(text: str) -> frozenset[str]:
    columns = frozenset(column.strip() for column in text.split(","))
    for column in columns:
        if column not in COLUMNS:
            raise _refused(f"'{column}' is not a column of the table")
    return columns


def _refused(reason: str) -> ArmError:
    return graph_error(400, "BadRequest", "InvalidQuery", f"Query is invalid: {reason}.")
