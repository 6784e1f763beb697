"""Tenant-wide settings that stand in `groupSettings` of Microsoft Graph once somebody changed them.

`GET /v1.0/groupSettings`: objects made from a template, with values that are text. Without such an object the
template's defaults are in force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from shared.domain.resource import Resource
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, Fact, read_fact, text_at
from shared.rules.expectations import Verdict
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import SubscriptionResources

GROUP_SETTINGS: Final = "graph/groupsettings"
SETTINGS_REFERENCE: Final = "https://learn.microsoft.com/graph/api/resources/groupsetting"
PASSWORD_RULES: Final = "5cf42378-d67d-4f36-ba46-e8b86229381d"  # noqa: S105 - the id of a template
"""Template "Password Rule Settings"."""
UNIFIED_GROUPS: Final = "62375ab9-6b52-47ed-826b-58e47e0e304b"
"""Template "Group.Unified"."""

BANNED_WORDS: Final = "BannedPasswordCount"
"""How many words the organisation banned: the words themselves are not kept."""
_WORDS: Final = "BannedPasswordList"
_TEMPLATE: Final = "properties.templateId"

Values = Mapping[str, str]


def _values(resource: Resource) -> dict[str, str]:
    listed = resource.properties.get("values")
    if not isinstance(listed, list):
        raise ValueError("properties.values: not a list")
    found: dict[str, str] = {}
    for entry in listed:
        name, value = (entry.get("name"), entry.get("value")) if isinstance(entry, Mapping) else (None, None)
        if not isinstance(name, str):
            raise ValueError("properties.values: an entry without a name")
        if name == _WORDS:
            words = str(value or "").split("\t")
            found[BANNED_WORDS] = str(sum(1 for one in words if one.strip()))
        elif value is not None:
            found[name] = str(value)
    return found


_VALUES: Final = Fact("values", GROUP_SETTINGS, _values)


def directory_setting(
    metadata: RuleMetadata, template: str, judge: Callable[[Values], Verdict]
) -> SubscriptionRule:
    """What was changed of a template's defaults is as `judge` wants it; nothing given: all are defaults."""

    def look(metadata: RuleMetadata, subject: SubscriptionResources) -> RuleResult:
        values: Values = {}
        for one in subject.whole(GROUP_SETTINGS):
            if (text_at(one.columns, _TEMPLATE) or "").lower() == template:
                values = read_fact(one.columns, _VALUES.name)
        verdict = judge(values)
        if verdict.status is not RuleStatus.FAIL:
            return RuleResult(metadata.rule_id, subject.id, verdict.status)
        finding = resource_finding(metadata, subject.id, verdict.words, {"values": dict(values)})
        return judged(metadata, subject.id, [finding])

    return SubscriptionRule(metadata, {GROUP_SETTINGS: (_TEMPLATE,)}, look, (_VALUES,))


def number(values: Values, name: str, default: int) -> int:
    """A value as a number.

    Raises:
        ColumnError: it is none.
    """
    try:
        return int(values.get(name, default))
    except ValueError as error:
        raise ColumnError(f"{name}: not a number") from error


def is_true(values: Values, name: str, *, default: bool) -> bool:
    """A value as a flag: Graph writes `true` and `True`."""
    return values.get(name, str(default)).lower() == "true"
