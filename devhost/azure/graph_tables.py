"""Which Resource Graph table has rows of which resource type.

Source: "Azure Resource Graph table and resource type reference", github.com/MicrosoftDocs/azure-docs,
articles/governance/resource-graph/reference/supported-tables-resources.md. What the reference does not list
has no rows here either: a query for it answers nothing, as it does in Azure.
"""

from typing import Final

_RESOURCE_CHILDREN: Final = frozenset(
    {
        "microsoft.automation/automationaccounts/runbooks",
        "microsoft.compute/virtualmachines/extensions",
        "microsoft.compute/virtualmachines/runcommands",
        "microsoft.containerregistry/registries/replications",
        "microsoft.containerregistry/registries/webhooks",
        "microsoft.network/networkwatchers/flowlogs",
        "microsoft.network/privatednszones/virtualnetworklinks",
        "microsoft.sql/managedinstances/databases",
        "microsoft.sql/servers/databases",
        "microsoft.sql/servers/elasticpools",
        "microsoft.synapse/workspaces/bigdatapools",
        "microsoft.synapse/workspaces/sqlpools",
        "microsoft.web/sites/slots",
    }
)
"""Child types that the `resources` table has rows for: tracked resources with a location of their own."""

_SECURITY_RESOURCES: Final = frozenset(
    f"microsoft.security/{rest}"
    for rest in (
        "apicollections",
        "apicollections/apiendpoints",
        "assessments",
        "assessments/governanceassignments",
        "assessments/subassessments",
        "attackpaths",
        "governancerules",
        "healthreports",
        "insights",
        "integrations",
        "iotalerts",
        "locations/alerts",
        "locations/attackpaths",
        "pricings",
        "regulatorycompliancestandards",
        "regulatorycompliancestandards/regulatorycompliancecontrols",
        "regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments",
        "securescores",
        "securescores/securescorecontrols",
        "softwareinventories",
        "standardassignments",
    )
)
"""Types of Defender for Cloud in `securityresources`: its plans are, contacts and settings are not."""

_SECURITY_IN_RESOURCES: Final = frozenset(
    f"microsoft.security/{rest}"
    for rest in ("assignments", "automations", "iotsecuritysolutions", "securityconnectors", "standards")
)

_OTHER_TABLES: Final = {
    "microsoft.authorization/roleassignments": "authorizationresources",
    "microsoft.authorization/roledefinitions": "authorizationresources",
    "microsoft.authorization/classicadministrators": "authorizationresources",
    "microsoft.authorization/policyassignments": "policyresources",
    "microsoft.authorization/policydefinitions": "policyresources",
    "microsoft.authorization/policyexemptions": "policyresources",
    "microsoft.authorization/policysetdefinitions": "policyresources",
    "microsoft.compute/virtualmachinescalesets/virtualmachines": "computeresources",
    "microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces": "computeresources",
    "microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces"
    "/ipconfigurations/publicipaddresses": "computeresources",
    "microsoft.policyinsights/policymetadata": "policyresources",
    "microsoft.policyinsights/policystates": "policyresources",
    "microsoft.web/sites/config": "appserviceresources",
    "microsoft.web/sites/config/web": "appserviceresources",
    "microsoft.web/sites/slots/config": "appserviceresources",
    "microsoft.web/sites/slots/config/web": "appserviceresources",
}
_NO_TABLE: Final = frozenset(
    {
        "graph",
        "standin",
        "microsoft.authorization",
        "microsoft.management",
        "microsoft.policyinsights",
        "microsoft.resources",
        "microsoft.security",
        "microsoft.subscription",
    }
)
"""Namespaces whose other types have no row in `resources`."""
_NO_TABLE_TYPES: Final = frozenset({"microsoft.insights/diagnosticsettings"})

TENANT_TABLES: Final = frozenset({"authorizationresources", "policyresources"})
"""Tables that also have rows above the subscriptions: built-in roles and policies, management groups."""

APP_SERVICE_TABLE: Final = "appserviceresources"
_SITE_CONFIGURATIONS: Final = frozenset({"microsoft.web/sites/config", "microsoft.web/sites/slots/config"})


def table_of(resource_type: str) -> str | None:
    """The table that has rows of a lower-cased type, None for a type that Resource Graph does not know."""
    namespace, _, rest = resource_type.partition("/")
    if resource_type in _OTHER_TABLES:
        return _OTHER_TABLES[resource_type]
    if resource_type in _SECURITY_RESOURCES:
        return "securityresources"
    if resource_type in _SECURITY_IN_RESOURCES:
        return "resources"
    if namespace in _NO_TABLE or resource_type in _NO_TABLE_TYPES or not rest:
        return None
    if "/" in rest and resource_type not in _RESOURCE_CHILDREN:
        return None
    return "resources"


def is_row(resource_type: str, key: str) -> bool:
    """Whether a resource of a type that has a table is a row there; ``key`` is its lower-cased id.

    Of an app's configurations only ``config/web`` is: the others hold application settings and secrets.
    """
    return resource_type not in _SITE_CONFIGURATIONS or key.endswith("/config/web")
