"""`network.nsg.winrm_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.winrm_from_internet",
        title="WinRM closed to the internet",
        finding_title="WinRM open to the internet",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to Windows Remote"
            " Management, TCP ports 5985 and 5986. Judged by priorities, denies and address sets; the "
            "whole path sets the severity."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="NSG_RULE",
        reads=NETWORK_TYPES,
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/windows/win32/winrm/installation-and-configuration-for-windows-remote-management",
        ),
        remediation_steps=(
            "Restrict the rule's sources to the management subnet",
            "Run commands over Azure Bastion or Run Command instead",
        ),
        auto_remediable=True,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("WinRM", {Protocol.TCP: ports_of(5985, 5986)}),
)
