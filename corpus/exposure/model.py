"""The form of a case, and reading the cases. Needs pydantic alone, so that other projects can take it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

CASES: Final = Path(__file__).with_name("cases")
_ID: Final = r"^[a-z0-9-]+/[a-z0-9-]+$"
_PORTS: Final = re.compile(r"\*|\d{1,5}(-\d{1,5})?")
_EVERY: Final = (1 << 65_536) - 1


class Protocol(StrEnum):
    """Protocols of a row."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"


class SourceClass(StrEnum):
    """Who gets through: see README.md."""

    INTERNET = "internet"
    LIMITED = "limited"
    AZURE = "azure"
    TAG = "tag"


class Verdict(StrEnum):
    """How sure it is: see README.md."""

    EXPOSED = "exposed"
    UNVERIFIED = "unverified"
    POSSIBLE = "possible"
    LATENT = "latent"
    UNATTACHED = "unattached"


class Row(BaseModel):
    """Ports of one entry point that one class of sources reaches; several receivers share a row."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    entry_point: str | None = Field(description="ARM id; null where there is none (latent, unattached)")
    protocol: Protocol
    ports: tuple[str, ...] = Field(min_length=1, description="as dialled: '22', '20-25', '*'")
    source_class: SourceClass = Field(alias="class")
    verdict: Verdict

    @model_validator(mode="after")
    def _readable(self) -> Self:
        port_set(self.ports)
        if (self.entry_point is None) != (self.verdict in (Verdict.LATENT, Verdict.UNATTACHED)):
            raise ValueError("an entry point belongs to every row but latent and unattached ones")
        return self


class Question(BaseModel):
    """What a tool without a notion of paths can be asked: is this port of this NSG open to the internet?"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str = Field(description="ARM id of the case's only NSG")
    protocol: Protocol
    port: int = Field(ge=0, le=65_535)
    open_to_internet: bool
    beyond_benchmarks: str | None = Field(
        default=None, description="why published benchmarks (CIS) do not ask for this answer"
    )


class Case(BaseModel):
    """Resources as Azure Resource Manager returns them, and everything that strangers reach."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=_ID)
    why: str = Field(min_length=1, max_length=160)
    source: HttpUrl
    resources: tuple[dict[str, Any], ...] = Field(min_length=1)
    effective_admin_rules: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="by virtual network: the answer of listNetworkManagerEffectiveSecurityAdminRules",
    )
    expected: tuple[Row, ...]
    question: Question | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        known = {str(one["id"]).lower() for one in self.resources}
        named = [row.entry_point for row in self.expected if row.entry_point is not None]
        if self.question is not None:
            named.append(self.question.group)
        for one in named:
            if one.lower() not in known:
                raise ValueError(f"{one} is not among the resources")
        if len({key(row) for row in self.expected}) != len(self.expected):
            raise ValueError("two expected rows that one row could hold")
        return self

    def resource(self, resource_id: str) -> Mapping[str, Any]:
        """The resource with this id.

        Raises:
            KeyError: there is none.
        """
        for one in self.resources:
            if str(one["id"]).lower() == resource_id.lower():
                return one
        raise KeyError(resource_id)


Key = tuple[str | None, Protocol, SourceClass, Verdict]


def key(row: Row) -> Key:
    """What a row is about, beside its ports."""
    entry_point = None if row.entry_point is None else row.entry_point.lower()
    return entry_point, row.protocol, row.source_class, row.verdict


def port_set(ports: Iterable[str]) -> int:
    """Ports as a number whose bit n stands for port n.

    Raises:
        ValueError: not `*`, `n` or `n-m`.
    """
    found = 0
    for text in ports:
        if not _PORTS.fullmatch(text):
            raise ValueError(f"{text!r} is no port, range or *")
        if text == "*":
            return _EVERY
        low, _, high = text.partition("-")
        first, last = int(low), int(high or low)
        if not first <= last <= 65_535:
            raise ValueError(f"{text!r} is no range of ports")
        found |= (1 << (last + 1)) - (1 << first)
    return found


def merged(rows: Iterable[Row]) -> dict[Key, int]:
    """Rows as sets of ports: equal exactly when they say the same."""
    found: dict[Key, int] = {}
    for row in rows:
        found[key(row)] = found.get(key(row), 0) | port_set(row.ports)
    return found


def load(folder: Path = CASES) -> tuple[Case, ...]:
    """Every case, in the order of files and lines.

    Raises:
        ValueError: a line is no case (names file and line), or two cases have one id.
    """
    cases: dict[str, Case] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            try:
                case = Case.model_validate(json.loads(line))
            except ValueError as error:
                raise ValueError(f"{path.name}:{number}: {error}") from error
            if case.id in cases or not case.id.startswith(f"{path.stem}/"):
                raise ValueError(f"{path.name}:{number}: {case.id} is taken, or of another file")
            cases[case.id] = case
    return tuple(cases.values())
