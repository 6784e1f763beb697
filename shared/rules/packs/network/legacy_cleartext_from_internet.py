"""`network.nsg.legacy_cleartext_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.legacy_cleartext_from_internet",
        title="FTP and Telnet closed to the internet",
        finding_title="FTP or Telnet open to the internet",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to FTP or Telnet "
            "(TCP ports 20, 21, 23), which send passwords in clear text. Judged by priorities, denies and"
            " address sets; the whole path sets the severity."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="NSG_RULE",
        reads=NETWORK_TYPES,
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/azure/security/fundamentals/network-best-practices",
        ),
        remediation_steps=(
            "Replace FTP and Telnet by SFTP and SSH",
            "Remove the rule, or restrict its sources",
        ),
        auto_remediable=True,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("FTP or Telnet", {Protocol.TCP: ports_of(20, 21, 23)}),
)
