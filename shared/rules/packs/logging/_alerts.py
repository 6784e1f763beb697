"""Activity log alerts: which of them watch an operation, or a category, of the whole subscription.

An alert fires for events that meet every condition of `allOf`; a condition is a field with `equals` or
`containsAny`, or an `anyOf` of such: https://learn.microsoft.com/rest/api/monitor/activity-log-alerts/get
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, entries_at, text_at, value_at
from shared.rules.expectations import Columns, is_true
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import SubscriptionRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

ALERTS: Final = "microsoft.insights/activitylogalerts"
_CONDITIONS: Final = "properties.condition.allOf"
_is_enabled: Final = is_true("properties.enabled", absent=True)
_PATHS: Final = ("properties.enabled", "properties.scopes", _CONDITIONS)

Leaf = tuple[str, frozenset[str]]
"""A field and the values (lower-cased) that it may have for the alert to fire."""

Watches = Callable[[list[list[Leaf]]], str | None]
"""Why conditions do not watch something; None when they do."""


def alert_rule(metadata: RuleMetadata, watches: Watches, lacking: str) -> SubscriptionRule:
    """An enabled alert of the whole subscription watches, else "The subscription <lacking>"."""

    def judge(metadata: RuleMetadata, resources: SubscriptionResources) -> RuleResult:
        looked_at: dict[str, str] = {}
        doubt: str | None = None
        for alert in resources.of(ALERTS):
            try:
                why = _why_not(alert, resources.id, watches)
            except ColumnError as error:
                doubt = f"{alert.name}: {error}"
                continue
            if why is None:
                return judged(metadata, resources.id, ())
            looked_at[alert.name] = why
        doubt = doubt or resources.doubt(ALERTS)
        if doubt is not None:
            return judged(metadata, resources.id, (), doubt)
        close = {name: why for name, why in looked_at.items() if why}
        finding = resource_finding(
            metadata,
            resources.id,
            f"The subscription {lacking}",
            {"alerts": len(looked_at), "looked_at": dict(list(close.items())[:20])},
        )
        return judged(metadata, resources.id, [finding])

    return SubscriptionRule(metadata, {ALERTS: _PATHS}, judge)


def _why_not(alert: ResourceColumns, subscription: str, watches: Watches) -> str | None:
    """Why an alert does not watch ("" when it is about something else); None when it does."""
    why = watches(_conditions(alert.columns))
    if why is not None:
        return why
    disabled = _is_enabled.judge(alert.columns).words
    if disabled:
        return disabled
    scopes = value_at(alert.columns, "properties.scopes")
    if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
        raise ColumnError("properties.scopes: not a list of text")
    if any(one.rstrip("/").lower() == subscription.lower() for one in scopes):
        return None
    return "its scope is not the whole subscription"


def _conditions(columns: Columns) -> list[list[Leaf]]:
    found = []
    for one in entries_at(columns, _CONDITIONS):
        either = entries_at(one, "anyOf")
        found.append([_leaf(leaf) for leaf in either] if either else [_leaf(one)])
    return found


def _leaf(one: Mapping[str, Any]) -> Leaf:
    field, equals = text_at(one, "field"), text_at(one, "equals")
    several = value_at(one, "containsAny") or []
    if not isinstance(several, list) or not all(isinstance(value, str) for value in several):
        raise ColumnError(f"{_CONDITIONS}[*].containsAny: not a list of text")
    values = several if equals is None else [equals, *several]
    if field is None or not values:
        raise ColumnError(f"{_CONDITIONS}[*]: no field, or nothing that it equals")
    return field.lower(), frozenset(value.lower() for value in values)


def _may_be(condition: list[Leaf], field: str, value: str) -> bool:
    return any(name == field and value in values for name, values in condition)


def watches_operation(operation: str) -> Watches:
    """Conditions that every successful call of an ARM operation meets.

    Its event has the category Administrative and the level Informational:
    https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
    """
    name = operation.lower()
    kind = name.rsplit("/", 1)[0]
    event = {
        "category": ("administrative",),
        "operationname": (name,),
        "resourcetype": (kind,),
        "resourceprovider": (kind.partition("/")[0],),
        "level": ("informational",),
        "status": ("started", "accepted", "succeeded"),
    }

    def why_not(conditions: list[list[Leaf]]) -> str | None:
        unfit = [
            one
            for one in conditions
            if not any(_may_be(one, field, value) for field, values in event.items() for value in values)
        ]
        if conditions and not unfit:
            return None
        about = any(
            _may_be(one, "operationname", name) or _may_be(one, "resourcetype", kind) for one in conditions
        )
        fields = sorted({field for one in unfit for field, _ in one})
        return f"it does not fire where {' or '.join(fields)} has other values" if about else ""

    return why_not


def watches_service_health(conditions: list[list[Leaf]]) -> str | None:
    """Conditions that every service incident meets, but for the service or region that it befalls.

    https://learn.microsoft.com/azure/service-health/alerts-activity-log-service-notifications-portal
    """
    if not any(_may_be(one, "category", "servicehealth") for one in conditions):
        return ""
    for one in conditions:
        incidents = [leaf for leaf in one if leaf[0] == "properties.incidenttype"]
        if incidents and not _may_be(one, "properties.incidenttype", "incident"):
            return "it leaves out incidents of the type Incident"
    return None
