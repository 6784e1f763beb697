"""`network.nsg.smb_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.smb_from_internet",
        title="SMB and NetBIOS closed to the internet",
        finding_title="SMB or NetBIOS open to the internet",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to file sharing: "
            "TCP 139 and 445, UDP 137 and 138. Judged by priorities, denies and address sets; the whole "
            "path sets the severity."
        ),
        severity=Severity.CRITICAL,
        cvss_score=9.8,
        risk_score=95,
        resource_type="NSG_RULE",
        reads=NETWORK_TYPES,
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/windows-server/storage/file-server/smb-secure-traffic",
        ),
        remediation_steps=(
            "Restrict the rule's sources to the networks that share files",
            "Reach file shares over a VPN, or over SMB over QUIC",
            "Use a private endpoint for Azure Files",
        ),
        auto_remediable=True,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("SMB", {Protocol.TCP: ports_of(139, 445), Protocol.UDP: ports_of(137, 138)}),
)
