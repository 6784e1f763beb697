"""A full scan's findings against the `controls` records of a truth file, made by other code than ours.

samples/README.md says how records and findings name the same thing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.domain.finding import FrozenFinding

SILENT_ELSEWHERE = frozenset({"rbac.service_principal_owner"})
"""Rules of which the truth does not name every failure: principals may also own through a group."""


@dataclass(frozen=True)
class Told:
    """What a finding says of whom, lower-cased."""

    rule_id: str
    resource_id: str
    marks: frozenset[str]
    """Ids and last parts of ids that the discriminator and the evidence name."""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Told:
        """A row of the results as the API shows it."""
        return cls(
            row["rule_id"],
            row["resource_id"].lower(),
            frozenset(_marks(row["discriminator"], row["evidence"])),
        )

    @classmethod
    def of(cls, finding: FrozenFinding) -> Told:
        """A finding as the engine keeps it."""
        one = finding.observation
        marks = frozenset(_marks(one.discriminator, one.evidence))
        return cls(one.rule_id, one.resource_id.lower(), marks)


def _marks(discriminator: str, evidence: Mapping[str, Any]) -> Iterator[str]:
    yield discriminator.lower()
    for held in evidence.get("assignments", ()):
        identity = held["id"] if isinstance(held, dict) else held
        yield identity.lower()


@dataclass
class ControlTruth:
    """(rule, line) pairs that must have a finding, and that must have none."""

    fails: set[tuple[str, str]] = field(default_factory=set)
    passes: set[tuple[str, str]] = field(default_factory=set)
    lines: dict[str, set[str]] = field(default_factory=dict)
    """Rule -> the lines of which the truth knows."""

    @classmethod
    def load(cls, path: Path, day: str) -> ControlTruth:
        """The records of a truth file, with those verdicts that hold on a day (`2026-01-15`)."""
        truth = cls()
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if record["kind"] != "controls":
                continue
            for verdicts, said in ((truth.fails, record["fails"]), (truth.passes, record["passes"])):
                for rule in said:
                    identity = record["resource_id"].lower()
                    truth.lines.setdefault(rule, set()).add(identity)
                    if record["as_of"].get(rule, day) == day:
                        verdicts.add((rule, identity))
        return truth

    def subjects(self, told: Told) -> set[str]:
        """The lines that a finding is about, among those that the truth knows."""
        return {one for one in self._candidates(told) if one in self.lines.get(told.rule_id, ())}

    def _candidates(self, told: Told) -> Iterator[str]:
        identity = told.resource_id
        while identity:
            yield identity
            identity = identity.rpartition("/")[0]
        yield from told.marks
        scope, _, name = told.resource_id.rpartition("/")
        if told.resource_id.startswith("/tenants/"):
            for line in self.lines.get(told.rule_id, ()):
                is_policy = line.startswith("/graph/policies/")
                if (is_policy and scope == "/tenants") or (not is_policy and line.endswith(f"/{name}")):
                    yield line
        for mark in told.marks:
            yield f"{told.resource_id}/providers/microsoft.authorization/roledefinitions/{mark}"

    def check(self, findings: Iterable[Told], rules: frozenset[str] | None = None) -> None:
        """Every failure found, nothing that passes, and nothing of a known rule where the truth knows none.

        Args:
            rules: those that the scan ran; None = every one that the truth knows.
        """
        ran = frozenset(self.lines) if rules is None else rules & frozenset(self.lines)
        found: set[tuple[str, str]] = set()
        strange = []
        for told in findings:
            if told.rule_id in ran:
                about = self.subjects(told)
                found |= {(told.rule_id, one) for one in about}
                if not about and told.rule_id not in SILENT_ELSEWHERE:
                    strange.append(told)
        wanted = {one for one in self.fails if one[0] in ran}
        assert wanted, "the truth knows of no failure of these rules"
        assert not wanted - found, f"missed: {sorted(wanted - found)[:5]}"
        assert not self.passes & found, f"too much: {sorted(self.passes & found)[:5]}"
        assert not strange, f"the truth knows nothing of {strange[:5]}"
