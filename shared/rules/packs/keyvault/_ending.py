"""Objects of a vault that have ended, or end within the time that the operator set."""

from __future__ import annotations

from shared.rules.base import RuleMetadata
from shared.rules.expectations import all_of
from shared.rules.instants import ending, ends_soon, epoch_at
from shared.rules.packs.keyvault._objects import ENDS, Objection, each_object, is_enabled, is_own
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources


def none_ends_soon(metadata: RuleMetadata) -> RelatedRule:
    """No enabled object ends within the window; those that have ended are `none_has_ended`'s."""

    def look(one: ResourceColumns, resources: SubscriptionResources) -> Objection | None:
        ends = epoch_at(one.columns, ENDS)
        if ends is None or not ends_soon(ends, resources):
            return None
        return f"expires on {ends.date()}", ending(ends, resources)

    return each_object(metadata, look, (ENDS,), all_of(is_enabled, is_own))


def none_has_ended(metadata: RuleMetadata) -> RelatedRule:
    """No object that is still enabled has ended."""

    def look(one: ResourceColumns, resources: SubscriptionResources) -> Objection | None:
        ends = epoch_at(one.columns, ENDS)
        if ends is None or ends > resources.as_of:
            return None
        return f"expired on {ends.date()} and is still enabled", ending(ends, resources)

    return each_object(metadata, look, (ENDS,), all_of(is_enabled, is_own))
