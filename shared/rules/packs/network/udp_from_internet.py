"""`network.nsg.udp_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

# Services with which others can be attacked: CISA alert TA14-017A, "UDP-Based Amplification Attacks": QOTD,
# chargen, DNS, TFTP, portmap, NTP, SNMP, CLDAP, RIP, SSDP, WS-Discovery, mDNS, memcached.
_AMPLIFIERS = ports_of(17, 19, 53, 69, 111, 123, 161, 389, 520, 1900, 3702, 5353, 11211)

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.udp_from_internet",
        title="UDP services not reachable from the internet",
        finding_title="UDP services open to the internet",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to UDP services "
            "that answer more than they are asked, and so serve to attack others. Judged by priorities, "
            "denies and address sets; the whole path sets the severity."
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
            "Restrict the rule's sources to the networks that use the service",
            "Close UDP ports that serve nobody outside",
        ),
        auto_remediable=True,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("UDP service", {Protocol.UDP: _AMPLIFIERS}, called="UDP services"),
)
