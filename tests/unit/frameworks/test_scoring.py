"""Status of controls and scores of frameworks, as docs/frameworks.md states them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.coverage import RuleCoverage
from shared.domain.posture import ControlStatus, FrameworkPosture, mean_score
from shared.domain.severity import Severity
from shared.frameworks.model import Control, ControlKind, Evidence, Framework
from shared.frameworks.scoring import WEIGHTS, control_status, framework_posture

PASS, FAIL, ERROR = ControlStatus.PASS, ControlStatus.FAIL, ControlStatus.ERROR
NA, MANUAL = ControlStatus.NOT_APPLICABLE, ControlStatus.MANUAL


def automated(control_id: str, *rules: str) -> Control:
    evidence = (Evidence(rules=rules),)
    return Control(id=control_id, title="T", kind=ControlKind.AUTOMATED, evidence=evidence)


def by_people(kind: ControlKind) -> Control:
    return Control(id="m", title="T", kind=kind, reason="Nobody can see it.")


def said(rule: str, *, passed: int = 0, failed: int = 0, errors: int = 0, na: int = 0) -> RuleCoverage:
    return RuleCoverage(rule_id=rule, passed=passed, failed=failed, errors=errors, not_applicable=na)


def tallies(*each: RuleCoverage) -> dict[str, RuleCoverage]:
    return {one.rule_id: one for one in each}


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (said("a", passed=3), said("b", passed=1), PASS),
        (said("a", passed=3), said("b", na=4), PASS),
        (said("a", passed=3), said("b"), PASS),
        (said("a", passed=9), said("b", failed=1), FAIL),
        (said("a", errors=9), said("b", failed=1), FAIL),
        (said("a", failed=1, errors=2, passed=3), said("b", passed=1), FAIL),
        (said("a", passed=9), said("b", errors=1), ERROR),
        (said("a", passed=9, errors=1), said("b", passed=1), ERROR),
        (said("a", na=2), said("b", na=1), NA),
        (said("a"), said("b"), NA),
    ],
)
def test_status(first: RuleCoverage, second: RuleCoverage, status: ControlStatus) -> None:
    assert control_status(automated("1", "a", "b"), tallies(first, second)) is status


def test_a_rule_that_did_not_run_is_an_error_unless_another_fails() -> None:
    control = automated("1", "a", "b")
    assert control_status(control, tallies(said("a", passed=5))) is ERROR
    assert control_status(control, tallies(said("a", failed=1))) is FAIL
    assert control_status(control, {}) is ERROR


def test_only_people_judge_some_controls() -> None:
    everything_fails = tallies(said("a", failed=1))
    assert control_status(by_people(ControlKind.MANUAL), everything_fails) is MANUAL
    assert control_status(by_people(ControlKind.NOT_APPLICABLE), everything_fails) is NA


def framework(*controls: Control) -> Framework:
    return Framework(id="f", name="F", version="1", source="https://example.org", controls=controls)


def test_weights_double_with_each_step() -> None:
    assert [WEIGHTS[one] for one in Severity] == [8, 4, 2, 1]


def test_a_control_weighs_what_its_gravest_rule_weighs() -> None:
    """Critical passes (8), low with high fails (4), medium passes (2): 10 of 14."""
    severities = {"a": Severity.CRITICAL, "b": Severity.LOW, "c": Severity.HIGH, "d": Severity.MEDIUM}
    result = framework_posture(
        framework(automated("1", "a"), automated("2", "b", "c"), automated("3", "d")),
        tallies(said("a", passed=1), said("b", failed=1), said("c", passed=1), said("d", passed=1)),
        severities,
    )
    assert result.score == 71.4
    assert result.assessed == 3


def test_what_is_not_assessed_counts_neither_way() -> None:
    severities = dict.fromkeys("abc", Severity.HIGH)
    controls = (automated("1", "a"), automated("2", "b"), automated("3", "c"), by_people(ControlKind.MANUAL))
    result = framework_posture(
        framework(*controls), tallies(said("a", passed=1), said("b", errors=1), said("c", na=1)), severities
    )
    assert (result.score, result.assessed) == (100.0, 1)
    assert result.controls == {"1": PASS, "2": ERROR, "3": NA, "m": MANUAL}
    assert [result.count(one) for one in (PASS, FAIL, ERROR, NA, MANUAL)] == [1, 0, 1, 1, 1]


def test_nothing_assessed_scores_nothing() -> None:
    result = framework_posture(framework(automated("1", "a")), {}, {})
    assert (result.score, result.assessed) == (0.0, 0)


def test_overall_is_the_mean_to_one_decimal() -> None:
    assert mean_score([92.0, 83.0]) == 87.5
    assert mean_score([]) == 0.0
    assert mean_score([100.0, 0.0, 0.0]) == 33.3


RULES = "abcdef"
TALLY = st.builds(
    said,
    st.sampled_from(RULES),
    passed=st.integers(0, 3),
    failed=st.integers(0, 2),
    errors=st.integers(0, 2),
    na=st.integers(0, 2),
)
FRAMEWORKS = st.lists(
    st.lists(st.sampled_from(RULES), min_size=1, max_size=4, unique=True), min_size=1, max_size=6
).map(lambda rows: framework(*(automated(str(number), *row) for number, row in enumerate(rows))))
SEVERITIES = st.fixed_dictionaries({rule: st.sampled_from(list(Severity)) for rule in RULES})


def posture(of: Framework, each: list[RuleCoverage], weights: dict[str, Severity]) -> FrameworkPosture:
    return framework_posture(of, tallies(*each), weights)


@given(FRAMEWORKS, st.lists(TALLY, max_size=8), SEVERITIES)
def test_score_and_statuses_agree(
    of: Framework, each: list[RuleCoverage], weights: dict[str, Severity]
) -> None:
    result = posture(of, each, weights)
    assert set(result.controls) == {one.id for one in of.controls}
    assert (result.score == 100.0) is (result.count(PASS) > 0 and result.count(FAIL) == 0)
    assert (result.score == 0.0) is (result.count(PASS) == 0)


@given(FRAMEWORKS, st.lists(TALLY, max_size=8), SEVERITIES, st.sampled_from(RULES))
def test_another_failure_never_raises_the_score(
    of: Framework, each: list[RuleCoverage], weights: dict[str, Severity], rule: str
) -> None:
    before = tallies(*each)
    if rule not in before or before[rule].errors:
        return
    after = before | {rule: before[rule].model_copy(update={"failed": before[rule].failed + 1})}
    first, second = framework_posture(of, before, weights), framework_posture(of, after, weights)
    assert second.count(PASS) <= first.count(PASS)
    assert second.count(FAIL) >= first.count(FAIL)
    if first.assessed:
        assert second.score <= first.score
