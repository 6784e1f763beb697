"""From what rules said to the status of controls and the score of a framework. Pure.

Status of a control, from the tallies of its rules over all resources:

- `fail` where any of them fails;
- else `error` where any could not look somewhere, or did not run;
- else `not_applicable` where none had anything to judge;
- else `pass`.

Controls that only a person can judge are `manual`, whatever was scanned.

The score is 100 x (weight of passed controls) / (weight of passed and failed ones), to one decimal. A control
weighs what its gravest rule weighs. Each step of severity doubles it, so that one control about critical
facts outweighs several about minor ones, and never all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.domain.coverage import RuleCoverage
from shared.domain.posture import ControlStatus, FrameworkPosture
from shared.domain.severity import Severity
from shared.frameworks.model import Control, ControlKind, Framework

WEIGHTS: Final[Mapping[Severity, int]] = {
    Severity.CRITICAL: 8,
    Severity.HIGH: 4,
    Severity.MEDIUM: 2,
    Severity.LOW: 1,
}


def control_status(control: Control, tallies: Mapping[str, RuleCoverage]) -> ControlStatus:
    """How a control stands. A rule without a tally did not run."""
    if control.kind is ControlKind.MANUAL:
        return ControlStatus.MANUAL
    if control.kind is ControlKind.NOT_APPLICABLE:
        return ControlStatus.NOT_APPLICABLE
    said = [tallies.get(rule) for rule in control.rules]
    if any(one is not None and one.failed for one in said):
        return ControlStatus.FAIL
    if any(one is None or one.errors for one in said):
        return ControlStatus.ERROR
    if any(one is not None and one.passed for one in said):
        return ControlStatus.PASS
    return ControlStatus.NOT_APPLICABLE


def control_weight(control: Control, severities: Mapping[str, Severity]) -> int:
    """What a control counts in the score, from the severity of each rule of this build."""
    return max((WEIGHTS[severities[rule]] for rule in control.rules if rule in severities), default=1)


def framework_posture(
    framework: Framework, tallies: Mapping[str, RuleCoverage], severities: Mapping[str, Severity]
) -> FrameworkPosture:
    """Every control's status, and the score over those that passed or failed.

    Args:
        tallies: rule id -> what it said over all resources of the scan; absent = it did not run.
        severities: rule id -> severity, for the rules of this build.
    """
    statuses = {control.id: control_status(control, tallies) for control in framework.controls}
    weighed = {ControlStatus.PASS: 0, ControlStatus.FAIL: 0}
    for control in framework.controls:
        status = statuses[control.id]
        if status in weighed:
            weighed[status] += control_weight(control, severities)
    assessed = sum(weighed.values())
    score = round(100 * weighed[ControlStatus.PASS] / assessed, 1) if assessed else 0.0
    return FrameworkPosture(score=score, controls=statuses)
