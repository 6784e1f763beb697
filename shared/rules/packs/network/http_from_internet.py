"""`network.nsg.http_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.http_from_internet",
        title="HTTP(S) from the internet only where intended",
        finding_title="HTTP(S) open to the internet",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to TCP ports 80 "
            "or 443. Suppress the finding where the web server is meant for everybody. Judged by "
            "priorities, denies and address sets; the whole path sets the severity."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="NSG_RULE",
        reads=NETWORK_TYPES,
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/azure/web-application-firewall/overview",
        ),
        remediation_steps=(
            "Restrict the rule's sources where the application is not for everybody",
            "Put public applications behind a web application firewall, and admit only its addresses",
        ),
        auto_remediable=False,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("Web", {Protocol.TCP: ports_of(80, 443)}),
    at_machine=False,
)
