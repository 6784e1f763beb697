"""`network.nsg.any_port_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

_EVERY = ports_of(spans=((1, 65535),))
# Port 0 is reserved (RFC 6335, section 6): a rule that leaves it out is no narrower.

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.any_port_from_internet",
        title="No rule opens every port to the internet",
        finding_title="Every port open to the internet",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to every TCP or "
            "every UDP port, after the rules before it had their say. The whole path sets the severity."
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
            "Replace the rule by rules for the ports that are needed, from the sources that need them",
            "Implement Just-In-Time (JIT) access for management ports",
        ),
        auto_remediable=True,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("Any", {Protocol.TCP: _EVERY, Protocol.UDP: _EVERY}, whole=True, called="Every port"),
)
