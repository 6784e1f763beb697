"""Findings: what a rule observed, and the one record a problem keeps for its whole life."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import core_schema

from shared.domain.severity import Severity


class FindingStatus(StrEnum):
    """Where a finding stands (contract section 4)."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    SUPPRESSED = "suppressed"
    FALSE_POSITIVE = "false_positive"


class Priority(StrEnum):
    """How soon somebody means to act (contract section 4)."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Resolution(StrEnum):
    """Why a finding is resolved."""

    FIXED = "fixed"
    RESOURCE_GONE = "resource_gone"
    MANUAL = "manual"


_EVIDENCE: Final = "evidence"
_PACKED: Final = "packed_evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one rule found at one subject in one scan: immutable, with its evidence.

    A subscription's observations are all held until they are recorded, so they are small: evidence is packed
    (see `pack_evidence`), and texts of the rule are references to its metadata. Pydantic models that hold one
    write and read it as an object with the member `evidence`, and check the ranges when they read.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    rule_id: str
    resource_id: str
    """ARM id of the subject."""
    discriminator: str = ""
    """Tells several findings of a rule at a subject apart."""
    evaluated_id: str
    """ARM id of the resource the rule evaluated; often the subject."""
    subscription_id: str
    resource_group: str
    resource_name: str
    resource_type: str
    """UPPER_SNAKE name, such as NSG_RULE."""
    severity: Severity
    title: str
    description: str
    risk_score: Annotated[int, Field(ge=0, le=100)]
    cvss_score: Annotated[float, Field(ge=0, le=10)] | None = None
    auto_remediable: bool
    remediation_steps: tuple[str, ...]
    tags: tuple[tuple[str, str], ...] = ()
    """Of the resource, where a suppression asked for them."""
    packed_evidence: bytes = field(repr=False)
    """What `pack_evidence` gave for the ids of subject and evaluated resource."""

    @property
    def evidence(self) -> dict[str, Any]:
        """The evidence as it is stored and shown; a new object each time."""
        return unpack_evidence(self.packed_evidence, self.resource_id, self.evaluated_id)

    def changed(self, evidence: Mapping[str, Any], **members: Any) -> Observation:
        """The same problem with other evidence, and other members where given."""
        packed = pack_evidence(evidence, self.resource_id, self.evaluated_id)
        return replace(self, packed_evidence=packed, **members)

    @property
    def fingerprint(self) -> str:
        """Identity of the problem over all scans."""
        return fingerprint(self.rule_id, self.resource_id, self.discriminator)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            _packed,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(_members),
        )


def pack_evidence(evidence: Mapping[str, Any], resource_id: str, evaluated_id: str) -> bytes:
    """Evidence as JSON text in which the ids of subject and evaluated resource are one byte each.

    JSON holds no raw control characters (RFC 8259, section 7), so those can stand for the ids.

    Instants are written as everywhere on the wire (contract 2.2).

    Raises:
        TypeError: it holds something that JSON does not know.
    """
    packed = orjson.dumps(evidence, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS)
    for mark, identity in _marks(resource_id, evaluated_id):
        packed = packed.replace(identity, mark)
    return bytes(memoryview(packed))  # a copy: orjson leaves room for more behind its answer


def unpack_evidence(packed: bytes, resource_id: str, evaluated_id: str) -> dict[str, Any]:
    """The inverse of `pack_evidence`."""
    for mark, identity in reversed(_marks(resource_id, evaluated_id)):
        packed = packed.replace(mark, identity)
    found: dict[str, Any] = orjson.loads(packed)
    return found


def _marks(resource_id: str, evaluated_id: str) -> list[tuple[bytes, bytes]]:
    """Bytes that stand for ids, subjects before the resources that their ids often begin with."""
    found = []
    for number, identity in enumerate((resource_id, evaluated_id)):
        if identity:
            found.append((bytes((2 * number,)), identity.encode()))
            found.append((bytes((2 * number + 1,)), identity.lower().encode()))
    return found


def _packed(value: Any) -> Any:
    """The members of a stored observation, with its evidence packed; anything else is left to the model."""
    if not isinstance(value, Mapping) or _PACKED in value or not isinstance(value.get(_EVIDENCE), Mapping):
        return value
    members = {name: member for name, member in value.items() if name != _EVIDENCE}
    ids = (members.get("resource_id"), members.get("evaluated_id"))
    if not all(isinstance(one, str) for one in ids):
        return value
    return members | {_PACKED: pack_evidence(value[_EVIDENCE], *map(str, ids))}


def _members(observation: Observation) -> dict[str, Any]:
    """An observation as it is stored: its members, with the evidence itself as the last."""
    members = {name: getattr(observation, name) for name in _NAMES}
    return members | {_EVIDENCE: observation.evidence}


_NAMES: Final = tuple(one.name for one in fields(Observation) if one.name != _PACKED)


def fingerprint(rule_id: str, resource_id: str, discriminator: str = "") -> str:
    """32 hex digits of SHA-256 over rule, lower-cased subject and discriminator."""
    text = "\n".join((rule_id, resource_id.lower(), discriminator))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class ChangedField(BaseModel):
    """One member of a record before and after a change, as JSON shows it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    field: str
    before: Any = None
    after: Any = None


class ChangeSource(StrEnum):
    """What changed a record."""

    PERSON = "person"
    SCAN = "scan"
    SUPPRESSION = "suppression"


class FindingChange(BaseModel):
    """An entry of a finding's history. `number` counts from 1 without gaps."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    number: int = Field(ge=1)
    at: datetime
    source: ChangeSource
    by: str = Field(description="principal id, scan id or suppression id")
    request_id: str | None = Field(default=None, description="the call that did it; None where no call did")
    fields: tuple[ChangedField, ...]


class Finding(BaseModel):
    """The record of a problem. `observation` is the latest one; people's fields survive every scan."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    fingerprint: str
    observation: Observation
    status: FindingStatus = FindingStatus.OPEN
    scan_id: str = Field(description="the scan that observed it last")
    detected_at: datetime = Field(description="first seen; never changes")
    last_seen_at: datetime
    read_at: datetime = Field(description="read time of the data behind the latest word on it")
    reopened_at: datetime | None = None
    assigned_to: str | None = None
    priority: Priority | None = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    resolution_notes: str | None = None
    github_issue_url: str | None = None
    suppressed_by: str | None = Field(default=None, description="id of the suppression that silences it")
    before_suppression: FindingStatus | None = Field(default=None, description="state to go back to")
    waived: tuple[str, ...] = Field(default=(), description="suppressions that a person overruled here")
    missed: bool = Field(default=False, description="the last scan that ran its rule did not look at it")
    changes: int = Field(default=0, description="entries of its history")
    last_change: FindingChange | None = None

    @property
    def since(self) -> datetime:
        """When the present trouble began: first seen, or reopened."""
        return self.reopened_at or self.detected_at


class FrozenFinding(BaseModel):
    """A member of a terminal scan: the observation as finalised, under the record's id (contract, B-03)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    fingerprint: str
    scan_id: str
    detected_at: datetime
    last_seen_at: datetime | None = Field(
        default=None, description="when the scan read what shows it; None in rows that say no such time"
    )
    observation: Observation
