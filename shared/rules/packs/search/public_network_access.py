"""`search.public_network_access`.

`publicNetworkAccess` is `enabled` unless set, so as not to break existing services
(Microsoft.Search 2025-05-01).
"""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="search.public_network_access",
        title="Search is private",
        finding_title="Search service has a public endpoint",
        description=(
            "The search service can be reached over the internet; only its keys and roles stand "
            "before its indexes, which hold copies of the data they were made from."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="SEARCH_SERVICE",
        reads=("microsoft.search/searchservices",),
        references=(
            "https://learn.microsoft.com/rest/api/searchmanagement/services/get",
            "https://learn.microsoft.com/azure/search/service-create-private-endpoint",
        ),
        remediation_steps=(
            "Give the clients a private endpoint, or put the service into a network security perimeter",
            "Disable public network access",
        ),
        auto_remediable=False,
    ),
    is_one_of("properties.publicNetworkAccess", "disabled", "securedByPerimeter", absent="enabled"),
)
