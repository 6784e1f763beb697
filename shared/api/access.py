"""Wire models of API keys (X-17) and of the audit trail, and how they come from the domain."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from shared.api.v1 import NextLink
from shared.api.wire import Name, RequestBody, ResponseBody, WireTime, refused
from shared.domain.api_key import ApiKeyRecord
from shared.domain.audit import AuditEntry
from shared.domain.errors import Reason
from shared.domain.principal import Role, Tier
from shared.domain.timestamps import parse_wire_time
from shared.services.api_keys import NewApiKey


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_wire_time(value)
    except ValueError as error:
        raise refused(Reason.INVALID_FORMAT, "must look like 2025-08-05T17:42:58Z") from error


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-08-05T17:42:58Z"]}),
]
"""RFC 3339, UTC, whole seconds, literal `Z`, as it is sent (contract 2.2)."""


class ApiKeyBody(RequestBody):
    """X-17: a key to be made."""

    name: Name
    role: Role
    tier: Tier = Tier.STANDARD
    expires_at: Moment | None = Field(
        default=None, description="At most two years ahead; one year from now when absent"
    )


class ApiKey(ResponseBody):
    """X-17: a key without its secret."""

    id: str
    name: str
    role: Role
    tier: Tier
    created_at: WireTime
    created_by: str = Field(description="Principal that made it")
    expires_at: WireTime
    last_used_at: WireTime | None = Field(description="True to within 15 minutes")


class ApiKeyCreated(ApiKey):
    """X-17: a new key. Its text is shown this once."""

    key: str


class ApiKeyPage(ResponseBody):
    """X-17: keys, newest first."""

    api_keys: tuple[ApiKey, ...]
    total: int
    limit: int
    offset: int
    next_link: NextLink


class AuditRecord(ResponseBody):
    """One write: who, what, when, from where, and how it ended."""

    request_id: str
    at: WireTime
    principal_id: str
    principal_name: str
    role: str | None
    address: str | None = Field(description="As the platform's front end saw it")
    method: str
    path: str
    operation: str = Field(description="operationId of the route")
    status: int | None = Field(description="HTTP status; null: the end was not recorded")
    code: str | None = Field(description="Error code of a refused or failed write")
    resource: str | None = Field(description="Absolute URL of what was made")


class AuditTrail(ResponseBody):
    """Writes of all callers, newest first."""

    entries: tuple[AuditRecord, ...]
    limit: int
    next_link: NextLink


def new_api_key(body: ApiKeyBody) -> NewApiKey:
    """The command in a body."""
    return NewApiKey(body.name, body.role, body.tier, body.expires_at)


def api_key(record: ApiKeyRecord) -> ApiKey:
    """A record as it is listed."""
    return ApiKey(**_members(record))


def created_api_key(record: ApiKeyRecord, text: str) -> ApiKeyCreated:
    """A record as it is answered when it is made."""
    return ApiKeyCreated(**_members(record), key=text)


def _members(record: ApiKeyRecord) -> dict[str, Any]:
    return {
        "id": record.key_id,
        "name": record.name,
        "role": record.role,
        "tier": record.tier,
        "created_at": record.created_at,
        "created_by": record.created_by,
        "expires_at": record.expires_at,
        "last_used_at": record.last_used_at,
    }


def audit_record(entry: AuditEntry) -> AuditRecord:
    """An entry of the trail."""
    outcome = entry.outcome
    return AuditRecord(
        **entry.intent.model_dump(),
        status=None if outcome is None else outcome.status,
        code=None if outcome is None else outcome.code,
        resource=None if outcome is None else outcome.resource,
    )
