"""What is kept of results as they stream by: counts, what was found, and who settled."""

from __future__ import annotations

from collections import Counter

from shared.domain.coverage import PASSED_NAMED
from shared.rules.base import RuleResult, RuleStatus
from shared.scanners.base import Outcome, Related
from tests.adapters.builders import observation

SEEN = observation()


def results(rule_id: str, *names: str, status: RuleStatus = RuleStatus.PASS) -> list[RuleResult]:
    return [RuleResult(rule_id, name, status) for name in names]


def test_results_come_down_to_an_outcome_for_each_rule() -> None:
    related = Related()
    related.take(
        "a.b.c",
        [
            RuleResult("a.b.c", "/Passes", RuleStatus.PASS),
            RuleResult("a.b.c", "/Fails", RuleStatus.FAIL, (SEEN,)),
            RuleResult("a.b.c", "/Partly", RuleStatus.FAIL, reason="one part was not read"),
            RuleResult("a.b.c", "/Spared", RuleStatus.NOT_APPLICABLE),
            RuleResult("a.b.c", "/Unread", RuleStatus.ERROR, reason="no permission"),
        ],
    )
    tally = Counter(
        {RuleStatus.PASS: 1, RuleStatus.FAIL: 2, RuleStatus.NOT_APPLICABLE: 1, RuleStatus.ERROR: 1}
    )
    settled = frozenset({"/passes", "/fails", "/spared"})
    assert related.outcomes == {"a.b.c": Outcome(tally, settled, "one part was not read", ["/Passes"])}
    assert related.observations == [SEEN]
    assert set(related.looked_at) == {"/passes", "/fails", "/partly", "/spared", "/unread"}


def test_an_error_without_a_reason_settles_nothing() -> None:
    related = Related()
    related.take("a.b.c", results("a.b.c", "/x", status=RuleStatus.ERROR))
    assert related.outcomes["a.b.c"].settled == frozenset()


def test_rules_that_settle_the_same_share_what_is_kept() -> None:
    related = Related()
    for rule_id in ("a.b.c", "a.b.d"):
        related.take(rule_id, results(rule_id, "/x", "/y"))
    first, second = related.outcomes.values()
    assert first.settled is second.settled


def test_a_rule_that_says_nothing_has_an_outcome_too() -> None:
    related = Related()
    related.take("a.b.c", ())
    assert related.outcomes == {"a.b.c": Outcome()}


def test_only_some_of_those_that_passed_are_named() -> None:
    related = Related()
    related.take("a.b.c", results("a.b.c", *(f"/R{number // 2}" for number in range(100))))
    assert related.outcomes["a.b.c"].passed == [f"/R{number}" for number in range(PASSED_NAMED)]
