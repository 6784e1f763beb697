"""Frameworks, their controls, and the rules that an auditor would accept as evidence: validated data."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

FrameworkId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=64)]
Line = Annotated[str, Field(min_length=1, max_length=300)]


class ControlKind(StrEnum):
    """Who can say whether a control is met."""

    AUTOMATED = "automated"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Theme(_Data):
    """Rules that together state one fact, for controls that ask for facts and not for settings."""

    id: str
    states: Line = Field(description="the fact that holds where all of its rules pass")
    rules: tuple[str, ...] = Field(min_length=1)


class Evidence(_Data):
    """Rules whose facts speak to a control, and why where the titles do not show it."""

    rules: tuple[str, ...] = Field(min_length=1)
    why: Line | None = None


class Control(_Data):
    """One control of a framework."""

    id: str = Field(min_length=1, max_length=40)
    title: Line = Field(description="in our own words")
    kind: ControlKind
    subject: tuple[str, ...] = Field(
        default=(), description="services it speaks of: first parts of rule ids; empty = of no single service"
    )
    evidence: tuple[Evidence, ...] = ()
    beyond: Line | None = Field(default=None, description="what the control asks for that no rule can see")
    reason: Line | None = Field(default=None, description="why no rule decides it")

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """Every rule that speaks to it, each once."""
        return tuple(dict.fromkeys(rule for one in self.evidence for rule in one.rules))

    @model_validator(mode="after")
    def _check(self) -> Control:
        automated = self.kind is ControlKind.AUTOMATED
        if automated != bool(self.evidence):
            raise ValueError(f"{self.id}: rules make a control automated, and nothing else does")
        if automated == (self.reason is not None):
            raise ValueError(f"{self.id}: a reason is due where no rule decides, and only there")
        for one in self.evidence:
            strange = [rule for rule in one.rules if self.subject and service_of(rule) not in self.subject]
            if strange and one.why is None:
                raise ValueError(f"{self.id} speaks of {self.subject}: say why {strange[0]} is evidence")
        return self


class Framework(_Data):
    """A framework in one version."""

    id: FrameworkId
    name: Line
    version: str
    source: str = Field(pattern=r"^https://", description="where its controls are published")
    superseded_by: FrameworkId | None = Field(default=None, description="its successor, if we have it too")
    not_assessed: Line | None = Field(default=None, description="which of its controls are not listed here")
    controls: tuple[Control, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_control_once(self) -> Framework:
        ids = [control.id for control in self.controls]
        twice = {one for one in ids if ids.count(one) > 1}
        if twice:
            raise ValueError(f"{self.id} lists controls twice: {sorted(twice)}")
        return self

    def of_kind(self, kind: ControlKind) -> tuple[Control, ...]:
        """Its controls of this kind, in order."""
        return tuple(control for control in self.controls if control.kind is kind)


class ControlReference(_Data):
    """A control that a rule speaks to, such as `7.2` of `cis-azure-6.0`."""

    framework: FrameworkId
    version: str
    control: str


def service_of(rule_id: str) -> str:
    """The first part of a rule's id: the service whose resources it reads."""
    return rule_id.partition(".")[0]
