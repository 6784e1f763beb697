"""`network.flowlog.nsg_to_log_analytics`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import where
from shared.rules.packs.network._flow_logs import is_analysed, of_nsg
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.flowlog.nsg_to_log_analytics",
        title="NSG flow logs are sent to a workspace",
        finding_title="NSG flow log is not sent to a workspace",
        description=(
            "A flow log of a network security group is turned off, or traffic analytics does not send it "
            "to a Log Analytics workspace, where it can be searched and alerted on. NSG flow logs end on "
            "30 September 2027."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="FLOW_LOG",
        reads=("microsoft.network/networkwatchers/flowlogs",),
        references=(
            "https://learn.microsoft.com/azure/network-watcher/nsg-flow-logs-overview",
            "https://learn.microsoft.com/rest/api/network-watcher/flow-logs/get",
            "https://learn.microsoft.com/azure/network-watcher/traffic-analytics",
        ),
        remediation_steps=(
            "Enable the flow log",
            "Enable traffic analytics with a Log Analytics workspace",
        ),
        auto_remediable=False,
    ),
    where(of_nsg, is_analysed),
)
