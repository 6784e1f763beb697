"""`network.flowlog.nsg_retention`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import where
from shared.rules.packs.network._flow_logs import is_kept, of_nsg
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.flowlog.nsg_retention",
        title="NSG flow logs kept 90 days or more",
        finding_title="NSG flow log is off or kept less than 90 days",
        description=(
            "A flow log of a network security group is turned off, or its records are deleted before 90 "
            "days are over. Zero days, or no retention policy, keeps them for ever. NSG flow logs end on "
            "30 September 2027."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="FLOW_LOG",
        reads=("microsoft.network/networkwatchers/flowlogs",),
        references=(
            "https://learn.microsoft.com/azure/network-watcher/nsg-flow-logs-overview",
            "https://learn.microsoft.com/rest/api/network-watcher/flow-logs/get",
        ),
        remediation_steps=(
            "Enable the flow log",
            "Set its retention to 0 (for ever) or to at least 90 days",
        ),
        auto_remediable=False,
    ),
    where(of_nsg, is_kept),
)
