"""`defender.iot_hub`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

_HUBS: Final = "microsoft.devices/iothubs"
_SOLUTIONS: Final = "microsoft.security/iotsecuritysolutions"


def _watched(solution: ResourceColumns) -> Iterator[str]:
    hubs = value_at(solution.columns, "properties.iotHubs")
    if not isinstance(hubs, list) or not all(isinstance(one, str) for one in hubs):
        raise ColumnError(f"properties.iotHubs of {solution.name}: not a list of text")
    yield from (one.lower() for one in hubs)


def _judge(metadata: RuleMetadata, hub: ResourceColumns, subject: SubscriptionResources) -> RuleResult:
    solutions = [one for one in subject.of(_SOLUTIONS) if hub.key in _watched(one)]
    states = {one.name: text_at(one.columns, "properties.status") or "Enabled" for one in solutions}
    if any(state.lower() == "enabled" for state in states.values()):
        return judged(metadata, hub.id, ())
    subject.whole(_SOLUTIONS)
    words = "is in no security solution"
    if states:
        words = f"is only in solutions that are turned off: {', '.join(states)}"
    finding = resource_finding(metadata, hub.id, f"{hub.name} {words}", {"solutions": states})
    return judged(metadata, hub.id, [finding])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="defender.iot_hub",
        title="Defender for IoT Hub is on",
        finding_title="IoT hub is not watched by Defender for IoT",
        description=(
            "No enabled security solution of Defender for IoT covers an IoT hub: attacks on the hub and its "
            "devices raise no alert."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="IOT_HUB",
        reads=(_HUBS, _SOLUTIONS),
        references=(
            "https://learn.microsoft.com/rest/api/defenderforcloud/iot-security-solution/list-by-subscription",
            "https://learn.microsoft.com/azure/defender-for-iot/device-builders/quickstart-onboard-iot-hub",
        ),
        remediation_steps=("Open the hub > Defender for IoT > Overview, and secure the IoT solution",),
        auto_remediable=False,
    ),
    {_HUBS: (), _SOLUTIONS: ("properties.status", "properties.iotHubs")},
    _judge,
)
