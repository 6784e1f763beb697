"""What a rule is: metadata that a model validates, and what evaluating it can say."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.domain.finding import Observation
from shared.domain.severity import Severity

RuleId = Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9_]+){1,2}$", max_length=80)]


EXPIRES_SOON: Final = "expires_within_window"
"""Member of a finding's evidence: true when its credential ends within the operator's window."""


class RuleScope(StrEnum):
    """What a rule is evaluated on.

    A subscription's resources by their columns, its joined network, both together, or the objects of a
    directory.
    """

    RESOURCE = "resource"
    NETWORK = "network"
    ESTATE = "estate"
    DIRECTORY = "directory"


class RuleMetadata(BaseModel):
    """Everything a person needs to know about a rule without reading its code."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    rule_id: RuleId
    title: str = Field(max_length=150, description="names the check: what holds when it passes")
    finding_title: str = Field(max_length=150, description="names the problem: what is so when it fails")
    description: str = Field(max_length=400)
    severity: Severity
    cvss_score: float | None = Field(default=None, ge=0, le=10)
    risk_score: int = Field(ge=0, le=100)
    resource_type: str
    reads: tuple[str, ...] = Field(
        min_length=1, description="types, lower-cased: of ARM, or of a directory's objects (`graph/...`)"
    )
    references: tuple[str, ...] = Field(min_length=1)
    remediation_steps: tuple[str, ...] = Field(min_length=1)
    auto_remediable: bool
    scope: RuleScope = RuleScope.RESOURCE
    credential: bool = Field(default=False, description="about secrets, keys, certificates or who holds them")

    @property
    def service(self) -> str:
        """The first part of the id: what the rule is about."""
        return self.rule_id.partition(".")[0]

    @field_validator("title")
    @classmethod
    def _names_the_check(cls, value: str) -> str:
        if value.startswith("Ensure"):
            raise ValueError("a title names the check, it does not command")
        return value


class RuleStatus(StrEnum):
    """What a rule says of one resource. `error` = could not look, which is never `pass`."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"


class RuleResult(NamedTuple):
    """A rule's word on one resource: `observations` where it fails, `reason` where it could not look.

    A failure with a reason is what is known so far: there may be more that could not be seen.
    """

    rule_id: str
    resource_id: str
    status: RuleStatus
    observations: tuple[Observation, ...] = ()
    reason: str | None = None


Subject_contra = TypeVar("Subject_contra", contravariant=True)


class Rule(Protocol[Subject_contra]):
    """A rule over subjects of one kind (a resource, or the joined network of a subscription)."""

    @property
    def metadata(self) -> RuleMetadata:
        """Its description."""
        ...

    def evaluate(self, subject: Subject_contra) -> Iterable[RuleResult]:
        """One result for each resource it looked at. Never raises for bad data: that is `error`."""
        ...
