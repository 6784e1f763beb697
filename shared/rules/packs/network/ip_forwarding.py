"""`network.nic.ip_forwarding`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_false, where
from shared.rules.packs.network._tags import is_false_word
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="network.nic.ip_forwarding",
        title="Interface does not forward IP",
        finding_title="Interface forwards IP packets of others",
        description=(
            "An interface may send and receive packets that are not its own, as only a network appliance "
            "must: a machine behind it can pass traffic around the rules of its subnet. Tag appliances "
            "network-appliance=true."
        ),
        severity=Severity.MEDIUM,
        risk_score=55,
        resource_type="NETWORK_INTERFACE",
        reads=("microsoft.network/networkinterfaces",),
        references=(
            "https://learn.microsoft.com/azure/virtual-network/virtual-network-network-interface",
            "https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/get",
        ),
        remediation_steps=(
            "Turn IP forwarding off where the machine is not a network appliance",
            "Tag the interfaces of appliances network-appliance=true",
        ),
        auto_remediable=False,
    ),
    where(is_false_word("tags.network-appliance"), is_false("properties.enableIPForwarding", absent=False)),
)
