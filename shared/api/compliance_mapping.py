"""From posture and frameworks to the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import zip_longest
from typing import Final

from shared.api import compliance as wire
from shared.api.mapping import severity_counts
from shared.domain.coverage import RuleCoverage
from shared.domain.finding import FrozenFinding
from shared.domain.posture import ControlStatus, FrameworkPosture, PostureSnapshot, mean_score
from shared.domain.scan import ScanStatus
from shared.frameworks.model import Control, ControlKind, Framework
from shared.rules.base import RuleMetadata
from shared.services.posture_queries import ComplianceView, Posture

FINDINGS_PER_CONTROL: Final = 20
PASSED_PER_CONTROL: Final = 20
NAMED_IN_EVIDENCE: Final = 3
"""Findings, silent rules and passed resources that the evidence's sentence names of each."""
VALUES_IN_EVIDENCE: Final = 6
SHORT_VALUE: Final = 60
"""Values read that it quotes of each, and their longest text."""


def posture_report(posture: Posture, coverage: str) -> wire.PostureReport:
    """A-06."""
    snapshot, scores = posture.snapshot, posture.scores
    return wire.PostureReport(
        overall_score=mean_score(scores.values()),
        frameworks=scores,
        critical_cves=snapshot.critical_cves or 0,
        pending_patches=snapshot.pending_patches or 0,
        credentials_expiring_soon=snapshot.expiring_soon or 0,
        scan_id=snapshot.scan_id,
        completed_at=snapshot.completed_at,
        complete=_complete(posture),
        coverage=coverage,
        controls={name: control_counts(one) for name, one in posture.assessed.items()},
        findings_count=severity_counts(snapshot.by_severity),
        scanned=_scanned(snapshot),
        not_assessed=_not_assessed(posture),
    )


def _not_assessed(posture: Posture) -> tuple[wire.NotAssessed, ...]:
    snapshot = posture.snapshot
    said = {
        one.name: one.status.value if one.reason is None else f"{one.status.value}: {one.reason}"
        for one in snapshot.unread
    }
    counted = {
        "critical_cves": (snapshot.critical_cves, "cve"),
        "pending_patches": (snapshot.pending_patches, "cve"),
        "credentials_expiring_soon": (snapshot.expiring_soon, "credentials"),
    }
    rows = [
        (name, f"scanner {scanner} {said.get(scanner, 'counted none')}")
        for name, (count, scanner) in counted.items()
        if count is None
    ]
    rows += [(name, reason) for name, reason in said.items()]
    rows += [
        (name, "no control of it could be assessed")
        for name in sorted(posture.frameworks)
        if name not in posture.assessed
    ]
    return tuple(wire.NotAssessed(subject=subject, reason=reason) for subject, reason in rows)


def trend_point(posture: Posture) -> wire.TrendPoint:
    """One entry of X-22."""
    snapshot, scores = posture.snapshot, posture.scores
    return wire.TrendPoint(
        scan_id=snapshot.scan_id,
        completed_at=snapshot.completed_at,
        complete=_complete(posture),
        overall_score=mean_score(scores.values()),
        frameworks=scores,
        scanned=_scanned(snapshot),
        findings_count=severity_counts(snapshot.by_severity),
        credentials_expiring_soon=snapshot.expiring_soon,
    )


def _scanned(snapshot: PostureSnapshot) -> wire.ScannedScope:
    return wire.ScannedScope(
        scan_type=snapshot.scan_type,
        environment=snapshot.environment,
        subscriptions=snapshot.subscriptions,
        subscriptions_total=snapshot.subscriptions_total,
    )


def _complete(posture: Posture) -> bool:
    return posture.scan.status is ScanStatus.COMPLETED


def control_counts(result: FrameworkPosture) -> wire.ControlCounts:
    """A framework's controls by status."""
    return wire.ControlCounts(
        assessed=result.assessed,
        passed=result.count(ControlStatus.PASS),
        failed=result.count(ControlStatus.FAIL),
        errors=result.count(ControlStatus.ERROR),
        manual=result.count(ControlStatus.MANUAL),
        not_applicable=result.count(ControlStatus.NOT_APPLICABLE),
    )


def compliance_report(
    view: ComplianceView, rules: Mapping[str, RuleMetadata], coverage: str, findings_link: str
) -> wire.ComplianceReport:
    """A-08. Controls that the scan knew are shown; one that came with a later build is not."""
    framework, snapshot = view.framework, view.posture.snapshot
    return wire.ComplianceReport(
        framework=framework.id,
        score=view.result.score,
        controls=tuple(
            _assessed(control, view.result.controls[control.id], view, rules)
            for control in framework.controls
            if control.id in view.result.controls
        ),
        name=framework.name,
        version=framework.version,
        scan_id=snapshot.scan_id,
        completed_at=snapshot.completed_at,
        complete=_complete(view.posture),
        coverage=coverage,
        scanned=_scanned(snapshot),
        counts=control_counts(view.result),
        findings_link=findings_link,
        evidence_whole=view.whole,
    )


def _assessed(
    control: Control, status: ControlStatus, view: ComplianceView, rules: Mapping[str, RuleMetadata]
) -> wire.AssessedControl:
    tallies = [_tally(rule, view.tallies.get(rule), rules) for rule in control.rules]
    found = [one for rule in control.rules for one in view.findings.get(rule, ())]
    shown = sorted(found, key=lambda one: one.observation.severity.rank)[:FINDINGS_PER_CONTROL]
    passed = _passed(control, view)
    return wire.AssessedControl(
        control_id=control.id,
        name=control.title,
        status=status,
        evidence=_sentence(control, tallies, shown, passed if status is ControlStatus.PASS else []),
        kind=control.kind,
        rules=tuple(tallies),
        findings=tuple(_finding(one) for one in shown),
        evidence_total=sum(one.failed for one in tallies),
        passed=tuple(passed[:PASSED_PER_CONTROL]),
        passed_total=sum(one.passed for one in tallies),
        beyond=control.beyond,
    )


def _passed(control: Control, view: ComplianceView) -> list[wire.PassedCheck]:
    """Resources that its rules passed on: of every rule the first, then of every rule the second, ..."""
    named = [
        [wire.PassedCheck(rule_id=rule, resource_id=one) for one in view.passed.get(rule, ())]
        for rule in control.rules
    ]
    return [one for row in zip_longest(*named) for one in row if one is not None]


def _tally(rule_id: str, said: RuleCoverage | None, rules: Mapping[str, RuleMetadata]) -> wire.RuleTally:
    metadata = rules.get(rule_id)
    tally = said or RuleCoverage(rule_id=rule_id)
    return wire.RuleTally(
        rule_id=rule_id,
        title=metadata.title if metadata is not None else None,
        ran=said is not None,
        passed=tally.passed,
        failed=tally.failed,
        errors=tally.errors,
        not_applicable=tally.not_applicable,
    )


def _sentence(
    control: Control,
    tallies: list[wire.RuleTally],
    shown: list[FrozenFinding],
    passed: list[wire.PassedCheck],
) -> str:
    if control.reason is not None:
        return control.reason
    counts = {
        "passed": sum(one.passed for one in tallies),
        "failed": sum(one.failed for one in tallies),
        "could not be read": sum(one.errors for one in tallies),
    }
    results = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    parts = [f"{_rules(len(tallies))}: {results or 'nothing to judge'}."]
    silent = [one.rule_id for one in tallies if not one.ran]
    if silent:
        more = f" and {len(silent) - NAMED_IN_EVIDENCE} more" if len(silent) > NAMED_IN_EVIDENCE else ""
        parts.append(f"Did not run: {', '.join(silent[:NAMED_IN_EVIDENCE])}{more}.")
    parts += [f"{_named(one)}." for one in shown[:NAMED_IN_EVIDENCE]]
    named = list(dict.fromkeys(one.resource_id for one in passed))[:NAMED_IN_EVIDENCE]
    if named:
        parts.append(f"Among those that passed: {', '.join(named)}.")
    return " ".join(parts)


def _rules(number: int) -> str:
    return "1 rule" if number == 1 else f"{number} rules"


def _named(finding: FrozenFinding) -> str:
    """The problem, the resource, and the values read that are short enough to stand in a sentence."""
    seen = finding.observation
    values = {
        name: json.dumps(value, ensure_ascii=False, default=str) for name, value in seen.evidence.items()
    }
    short = [f"{name} {value}" for name, value in values.items() if len(value) <= SHORT_VALUE]
    read = f" (read: {', '.join(short[:VALUES_IN_EVIDENCE])})" if short else ""
    return f"{seen.title}: {seen.resource_id}{read}"


def _finding(frozen: FrozenFinding) -> wire.ControlFinding:
    seen = frozen.observation
    return wire.ControlFinding(
        finding_id=frozen.id,
        rule_id=seen.rule_id,
        resource_id=seen.resource_id,
        resource_name=seen.resource_name,
        severity=seen.severity,
        title=seen.title,
        values=seen.evidence,
    )


def framework_summary(framework: Framework) -> wire.FrameworkSummary:
    """An entry of X-16."""
    return wire.FrameworkSummary(
        id=framework.id,
        name=framework.name,
        version=framework.version,
        source=framework.source,
        superseded_by=framework.superseded_by,
        not_assessed=framework.not_assessed,
        controls_total=len(framework.controls),
        automated=len(framework.of_kind(ControlKind.AUTOMATED)),
        manual=len(framework.of_kind(ControlKind.MANUAL)),
        not_applicable=len(framework.of_kind(ControlKind.NOT_APPLICABLE)),
    )


def framework_detail(framework: Framework) -> wire.FrameworkDetail:
    """X-16, one framework."""
    controls = tuple(
        wire.FrameworkControl(
            control_id=control.id,
            title=control.title,
            kind=control.kind,
            evidence=tuple(wire.ControlEvidence(rules=one.rules, why=one.why) for one in control.evidence),
            beyond=control.beyond,
            reason=control.reason,
        )
        for control in framework.controls
    )
    return wire.FrameworkDetail(**dict(framework_summary(framework)), controls=controls)
