"""`network.flowlog.vnet_to_log_analytics`.

Judged by network, so that one without a flow log does not go unseen. A network is covered by a flow log of
its own, or by those of all its subnets; one without subnets carries no traffic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, entries_at, text_at
from shared.rules.packs.network._flow_logs import TARGET, is_analysed
from shared.rules.prepared_rule import PreparedRule
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

_NETWORKS: Final = "microsoft.network/virtualnetworks"
_LOGS: Final = "microsoft.network/networkwatchers/flowlogs"
_SUBNETS: Final = "properties.subnets"


@dataclass(frozen=True, slots=True)
class _FlowLogs:
    """The flow logs of a subscription."""

    by_target: Mapping[str, dict[str, str]]
    """By the lower-cased id of the target: name of each, and why it does not count ("" where it does)."""
    doubt: str | None
    """Why there may be more."""

    def sent(self, target: str) -> bool:
        return "" in self.by_target.get(target.lower(), {}).values()


def _flow_logs(resources: SubscriptionResources) -> _FlowLogs:
    found: dict[str, dict[str, str]] = {}
    doubt = resources.doubt(_LOGS)
    for one in resources.of(_LOGS):
        try:
            target = text_at(one.columns, TARGET)
            verdict = is_analysed.judge(one.columns)
        except ColumnError as error:
            doubt = doubt or f"flow log {one.name}: {error}"
            continue
        if target is None:
            doubt = doubt or f"flow log {one.name}: {TARGET}: missing"
        else:
            found.setdefault(target.lower(), {})[one.name] = verdict.words
    return _FlowLogs(found, doubt)


def _judge(
    metadata: RuleMetadata, network: ResourceColumns, _: SubscriptionResources, logs: _FlowLogs
) -> RuleResult:
    subnets = [text_at(one, "id") or "" for one in entries_at(network.columns, _SUBNETS)]
    if not subnets:
        return RuleResult(metadata.rule_id, network.id, RuleStatus.NOT_APPLICABLE)
    if logs.sent(network.id) or all(map(logs.sent, subnets)):
        return judged(metadata, network.id, ())
    if logs.doubt is not None:
        return judged(metadata, network.id, (), logs.doubt)
    own = logs.by_target.get(network.key, {})
    words = f"{network.name} has no flow log"
    if own:
        words = f"{network.name}: no flow log of it is on and sent to a workspace ({', '.join(sorted(own))})"
    elif any(one.lower() in logs.by_target for one in subnets):
        words = (
            f"{network.name} has no flow log of its own, and not each of its subnets sends one to a workspace"
        )
    evidence = {"flow_logs": dict(sorted(own.items())[:20]), "subnets": len(subnets)}
    return judged(metadata, network.id, [resource_finding(metadata, network.id, words, evidence)])


RULE = PreparedRule(
    RuleMetadata(
        rule_id="network.flowlog.vnet_to_log_analytics",
        title="VNet flow logs are sent to a workspace",
        finding_title="Traffic of a virtual network is not logged to a workspace",
        description=(
            "A virtual network has no flow log that is on and that traffic analytics sends to a Log "
            "Analytics workspace, where it can be searched and alerted on, nor has each of its subnets. "
            "Networks without subnets are left out."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="VIRTUAL_NETWORK",
        reads=(_NETWORKS, _LOGS),
        references=(
            "https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview",
            "https://learn.microsoft.com/rest/api/network-watcher/flow-logs/get",
            "https://learn.microsoft.com/azure/network-watcher/traffic-analytics",
        ),
        remediation_steps=(
            "Create a flow log of the virtual network, or turn on the one it has",
            "Enable traffic analytics with a Log Analytics workspace",
        ),
        auto_remediable=False,
    ),
    {_NETWORKS: (f"{_SUBNETS}[*].id",), _LOGS: (TARGET, *is_analysed.paths)},
    _flow_logs,
    _judge,
)
