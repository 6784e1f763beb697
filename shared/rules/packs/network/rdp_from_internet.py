"""`network.nsg.rdp_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.rdp_from_internet",
        title="RDP not reachable from the internet",
        finding_title="Unrestricted RDP access detected",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to TCP port 3389. "
            "Judged by priorities, denies and address sets; the whole path sets the severity."
        ),
        severity=Severity.CRITICAL,
        cvss_score=9.8,
        risk_score=95,
        resource_type="NSG_RULE",
        reads=NETWORK_TYPES,
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/azure/defender-for-cloud/just-in-time-access-usage",
        ),
        remediation_steps=(
            "Restrict RDP access to management subnet",
            "Implement Just-In-Time (JIT) access",
            "Enable Azure Bastion for secure access",
        ),
        auto_remediable=True,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("RDP", {Protocol.TCP: ports_of(3389)}),
)
