"""`network.nsg.database_ports_from_internet`."""

from shared.domain.exposure import Protocol
from shared.domain.severity import Severity
from shared.exposure.ports import ports_of
from shared.exposure.projection import NETWORK_TYPES
from shared.rules.base import RuleMetadata, RuleScope
from shared.rules.packs.network._admission import InternetAdmission
from shared.rules.packs.network._port_group import PortGroup

# SQL Server and its browser, Oracle, MySQL, PostgreSQL, Redis, Cassandra (nodes, TLS, clients), Elasticsearch
# (HTTP, transport), memcached, MongoDB (server, shard, config), Db2: the products' own default ports.
_DATABASES = ports_of(
    1433,
    1434,
    1521,
    3306,
    5432,
    6379,
    9042,
    9200,
    9300,
    11211,
    50000,
    spans=((7000, 7001), (27017, 27019)),
)

RULE = InternetAdmission(
    RuleMetadata(
        rule_id="network.nsg.database_ports_from_internet",
        title="Database ports closed to the internet",
        finding_title="Database ports open to the internet",
        description=(
            "A rule of a network security group lets an internet-sized set of strangers to default ports of "
            "databases and caches, judged by priorities, denies and address sets; the path sets the severity."
        ),
        severity=Severity.CRITICAL,
        cvss_score=9.8,
        risk_score=95,
        resource_type="NSG_RULE",
        reads=NETWORK_TYPES,
        references=(
            "https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
            "https://learn.microsoft.com/azure/private-link/private-endpoint-overview",
        ),
        remediation_steps=(
            "Restrict the rule's sources to the application subnets that use the database",
            "Reach the database over a private endpoint or a peered network",
            "Remove the public IP address where nothing else needs it",
        ),
        auto_remediable=True,
        scope=RuleScope.NETWORK,
    ),
    PortGroup("Database", {Protocol.TCP: _DATABASES}),
)
