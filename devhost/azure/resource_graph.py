"""``POST /providers/Microsoft.ResourceGraph/resources``: pages of rows, joined from stored bytes."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from devhost.azure import graph_query, graph_row, graph_tables
from devhost.azure.arm_id import scope_prefix
from devhost.azure.errors import ArmError, bad_request, graph_error
from devhost.azure.estate import Estate
from devhost.azure.faults import Faults
from devhost.azure.graph_query import GraphQuery
from devhost.azure.throttle import QuotaState

MAX_ROWS: Final = 1000
MAX_SUBSCRIPTIONS: Final = 10_000
_TENANT_PREFIX: Final = "/providers/"
_MEMBERSHIP_TYPE: Final = "microsoft.management/managementgroups/subscriptions"

_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Options(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    top: int = Field(default=MAX_ROWS, alias="$top", ge=1, le=MAX_ROWS)
    skip: int = Field(default=0, alias="$skip", ge=0)
    skip_token: str | None = Field(default=None, alias="$skipToken", max_length=8192)
    result_format: Literal["objectArray"] = Field(default="objectArray", alias="resultFormat")


class GraphRequest(BaseModel):
    """The request body; only result format ``objectArray`` is served."""

    model_config = ConfigDict(extra="ignore", strict=True)

    query: str = Field(min_length=1, max_length=graph_query.MAX_QUERY_CHARS)
    subscriptions: Annotated[list[_Name], Field(max_length=MAX_SUBSCRIPTIONS)] | None = None
    management_groups: Annotated[list[_Name], Field(max_length=10)] | None = Field(
        default=None, alias="managementGroups"
    )
    options: _Options = Field(default_factory=_Options)

    @property
    def digest(self) -> str:
        """What a skip token is bound to: the query and its scope."""
        scope = [self.query, sorted(self.subscriptions or ()), sorted(self.management_groups or ())]
        return hashlib.sha256(orjson.dumps(scope)).hexdigest()[:16]


def read_request(body: bytes) -> tuple[GraphRequest, GraphQuery]:
    """Validate a request body and its query.

    Raises:
        ArmError: 400 with the member and the reason.
    """
    try:
        request = GraphRequest.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The request body is not JSON: {error}", "InvalidRequestContent") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        member = ".".join(str(part) for part in first["loc"]) or "body"
        raise bad_request(f"{member}: {first['msg']}") from error
    if request.subscriptions and request.management_groups:
        raise bad_request("subscriptions and managementGroups cannot be given together")
    return request, graph_query.parse(request.query)


def throttled(state: QuotaState) -> ArmError:
    """429 of a principal whose window of queries is used up."""
    reason = (
        "Client application has been throttled and should not repeat the request until some time elapsed."
    )
    error = graph_error(429, "RateLimiting", "RateLimiting", reason)
    error.headers.update({"Retry-After": str(state.resets_after_s), **state.headers})
    return error


class ResourceGraph:
    """Answers queries about one estate for one caller."""

    def __init__(self, estate: Estate, tenant_id: str) -> None:
        self._estate = estate
        self._tenant_id = tenant_id
        self._configurations: tuple[Sequence[int], Sequence[int]] = ((), ())
        """What the last selection of app configurations was, and which of it are rows."""
        self.rows = 0
        """Rows answered since the start."""

    def answer(self, request: GraphRequest, query: GraphQuery, faults: Faults) -> bytes:
        """The body of one page.

        Raises:
            ArmError: 403 when none of the scope is visible, 400 for a foreign skip token or too large a page.
        """
        subscriptions = self._visible(request, faults)
        types = [
            kind
            for kind in query.types
            if graph_tables.table_of(kind) == query.table and faults.grants(f"{kind}/read")
        ]
        refs = self._rows(types, query, subscriptions)
        loose = self._estate.file.unplaced if query.table == "resources" else 0
        start = self._start(request, refs)
        rows, end = self._page(refs, loose, start, request, query, faults)
        self.rows += len(rows)
        more = end < len(refs) + loose and (query.columns is None or "id" in query.columns)
        head = b'{"totalRecords":%d,"count":%d,' % (len(refs) + loose, len(rows))
        if more:
            head += b'"$skipToken":"%s",' % self._token(request, refs, end)
        head += b'"resultTruncated":"%s","facets":[],"data":[' % (
            b"false" if more or end == len(refs) + loose else b"true"
        )
        return b"".join((head, b",".join(rows), b"]}"))

    def _rows(self, types: Sequence[str], query: GraphQuery, subscriptions: Sequence[str]) -> Sequence[int]:
        """References of the rows, in order of id."""
        prefixes = [scope_prefix(subscription, query.resource_group) for subscription in subscriptions]
        if query.table in graph_tables.TENANT_TABLES and query.resource_group is None:
            prefixes.append(_TENANT_PREFIX)
        refs = self._estate.select(types, prefixes)
        if query.table != graph_tables.APP_SERVICE_TABLE:
            return refs
        if self._configurations[0] is not refs:
            kept = [ref for ref in refs if graph_tables.is_row(*self._estate.type_and_key(ref))]
            self._configurations = (refs, kept)
        return self._configurations[1]

    def _visible(self, request: GraphRequest, faults: Faults) -> list[str]:
        known = self._estate.subscriptions
        if request.management_groups:
            asked = self._below(request.management_groups)
        elif request.subscriptions:
            asked = {name.lower() for name in request.subscriptions}
        else:
            return [name for name in known if not faults.hides(name)]
        visible = [name for name in known if name in asked and not faults.hides(name)]
        if not visible:
            reason = "Access is denied to the requested resource. The user might not have enough permission."
            raise graph_error(403, "AccessDenied", "AccessDenied", reason)
        return visible

    def _below(self, groups: Sequence[str]) -> set[str]:
        """Subscriptions of management groups: all for the tenant's root, else those that the estate names."""
        wanted = {group.lower() for group in groups}
        if self._tenant_id.lower() in wanted:
            return set(self._estate.subscriptions)
        members = self._estate.select(
            [_MEMBERSHIP_TYPE], ["/providers/microsoft.management/managementgroups/"]
        )
        keys = (self._estate.key_of(ref).split("/") for ref in members)
        return {parts[-1] for parts in keys if len(parts) == 7 and parts[4] in wanted}

    def _page(
        self,
        refs: Sequence[int],
        loose: int,
        start: int,
        request: GraphRequest,
        query: GraphQuery,
        faults: Faults,
    ) -> tuple[list[bytes], int]:
        limit = faults.resource_graph.max_response_bytes
        end = min(start + request.options.top, len(refs) + loose)
        rows: list[bytes] = []
        size = 1024
        for position in range(start, end):
            row = self._row(refs, position, query)
            size += len(row) + 1
            if size > limit:
                if faults.resource_graph.oversize == "refuse":
                    raise _too_large(size, limit)
                if rows:
                    return rows, position
            rows.append(row)
        return rows, end

    def _row(self, refs: Sequence[int], position: int, query: GraphQuery) -> bytes:
        estate = self._estate
        if position >= len(refs):
            text = estate.file.unplaced_line(position - len(refs))
            return orjson.dumps(text.decode("utf-8", "replace"))
        raw, flags = estate.line(refs[position])
        if flags & graph_row.MALFORMED:
            row = graph_row.render_malformed(raw, self._tenant_id)
        else:
            return graph_row.render(raw, flags, self._tenant_id, query.columns)
        if query.columns is None:
            return row
        decoded = orjson.loads(row)
        return orjson.dumps({column: decoded[column] for column in query.columns})

    def _token(self, request: GraphRequest, refs: Sequence[int], end: int) -> bytes:
        """The place after ``refs[end - 1]``, by id, so that it holds while resources come and go."""
        if end > len(refs):
            place: list[object] = [request.digest, None, end - len(refs)]
        else:
            ref = refs[end - 1]
            place = [request.digest, self._estate.key_of(ref), ref]
        return base64.urlsafe_b64encode(orjson.dumps(place))

    def _start(self, request: GraphRequest, refs: Sequence[int]) -> int:
        token = request.options.skip_token
        if not token:
            return min(request.options.skip, len(refs))
        try:
            place = orjson.loads(base64.urlsafe_b64decode(token.encode()))
        except (binascii.Error, UnicodeEncodeError, orjson.JSONDecodeError) as error:
            raise _bad_token("it cannot be read") from error
        match place:
            case [digest, None, int(loose)] if digest == request.digest and loose >= 0:
                return len(refs) + min(loose, self._estate.file.unplaced)
            case [digest, str(key), int(ref)] if digest == request.digest:
                return self._estate.position(refs, key, ref)
        raise _bad_token("it belongs to another query")


def _too_large(size: int, limit: int) -> ArmError:
    """The refusal as the service words it (seen in github.com/microsoft/ARI issue 199)."""
    reason = (
        f"Response payload size is {size}, and has exceeded the limit of {limit}. Please consider querying "
    )
    return graph_error(
        400,
        "BadRequest",
        "ResponsePayloadTooLarge",
        reason + "less data at a time and make paginated call if needed.",
    )


def _bad_token(reason: str) -> ArmError:
    return graph_error(400, "BadRequest", "InvalidSkipToken", f"The skip token is not valid: {reason}.")
