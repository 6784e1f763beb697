"""Plans of Defender for Cloud and their extensions: `Microsoft.Security/pricings` of a subscription.

Listed by `GET /subscriptions/{id}/providers/Microsoft.Security/pricings` (API version 2024-01-01), whose
specification requires `pricingTier` of a plan and `name` and `isEnabled` of an extension.
"""

from __future__ import annotations

from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError
from shared.rules.expectations import Expectation, all_of, is_one_of, some_entry
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources
from shared.rules.sentences import plain

PRICINGS: Final = "microsoft.security/pricings"
PRICINGS_REFERENCE: Final = "https://learn.microsoft.com/rest/api/defenderforcloud/pricings/list"

STANDARD: Final = is_one_of("properties.pricingTier", "Standard", absent=None)
"""The plan is on: its tier is Standard, not Free."""


def with_extension(name: str) -> Expectation:
    """The plan is on, and its extension `name` too."""
    enabled = all_of(is_one_of("name", name, absent=None), is_one_of("isEnabled", "True", absent=None))
    return all_of(STANDARD, some_entry("properties.extensions", enabled))


def plan_rule(
    metadata: RuleMetadata, expected: Expectation, lacking: str, *, named: str | None = None
) -> SubscriptionRule:
    """A plan of the subscription meets `expected`, else "The subscription <lacking>".

    Single machines may have a plan of their own, under the same name: those do not count.

    Args:
        named: only the plan with this name, in any case.
    """

    def judge(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
        looked_at: dict[str, str] = {}
        doubt = subject.doubt(PRICINGS)
        for one in subject.of(PRICINGS):
            of_subscription = one.key.startswith(f"{subject.id.lower()}/providers/")
            if not of_subscription or (named is not None and one.name.lower() != named.lower()):
                continue
            try:
                verdict = expected.judge(one.columns)
            except ColumnError as error:
                doubt = doubt or f"{one.name}: {error}"
                continue
            if verdict.status is RuleStatus.PASS:
                return judged(metadata, subject.id, ())
            looked_at[one.name] = verdict.words
        if doubt is not None:
            return judged(metadata, subject.id, (), doubt)
        words = f"The subscription {lacking}"
        if named is not None and looked_at:
            words = f"{words}: {plain(next(iter(looked_at.values())))}"
        evidence = {"looked_at": dict(list(looked_at.items())[:20])}
        return judged(metadata, subject.id, [resource_finding(metadata, subject.id, words, evidence)])

    return SubscriptionRule(metadata, {PRICINGS: expected.paths}, judge)


def defender_plan(
    rule_id: str, plan: str, label: str, *, watches: str, severity: Severity, risk_score: int, page: str
) -> SubscriptionRule:
    """The rule that a plan is on.

    Args:
        plan: the name of the pricing, such as `VirtualMachines`.
        label: what people call it: `Defender for Servers`.
        watches: what nobody is alerted of without it.
        page: of its overview below `learn.microsoft.com/azure/defender-for-cloud/`.
    """
    return plan_rule(
        RuleMetadata(
            rule_id=rule_id,
            title=f"{label} is on",
            finding_title=f"{label} is off",
            description=f"The plan {label} is not turned on for the subscription: {watches}.",
            severity=severity,
            risk_score=risk_score,
            resource_type="SUBSCRIPTION",
            reads=(PRICINGS,),
            references=(PRICINGS_REFERENCE, f"https://learn.microsoft.com/azure/defender-for-cloud/{page}"),
            remediation_steps=(
                "Weigh the price of the plan against what the subscription holds",
                f"Defender for Cloud > Environment settings > the subscription: turn on {label}",
            ),
            auto_remediable=False,
        ),
        STANDARD,
        f"does not run {label}",
        named=plan,
    )
