"""`network.nsg.kube_api_and_docker_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

# The projects' default ports: Docker 2375-2376, etcd 2379-2380, Kubernetes API server 6443, kubelet 10250,
# and its read-only port 10255.
_CONTROL = ports_of(2375, 2376, 2379, 2380, 6443, 10250, 10255)

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.kube_api_and_docker_from_internet",
        title="Docker and kubelet ports closed to the internet",
        finding_title="Docker, etcd or Kubernetes ports open to the internet",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to control ports "
            "of containers: Docker, etcd, the Kubernetes API server or the kubelet. Judged by priorities,"
            " denies and address sets; the whole path sets the severity."
        ),
        severity=Severity.CRITICAL,
        cvss_score=9.8,
        risk_score=95,
        resource_type="NSG_RULE",
        reads=NETWORK_TYPES,
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges",
        ),
        remediation_steps=(
            "Restrict the rule's sources to the management subnet",
            "Require TLS client certificates on the Docker socket, or close it",
            "Use a private cluster or authorized IP ranges for the API server",
        ),
        auto_remediable=True,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("Container control", {Protocol.TCP: _CONTROL}, called="Container control ports"),
)
