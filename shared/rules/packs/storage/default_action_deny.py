"""`storage.default_action_deny`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import any_of, is_one_of
from shared.rules.network_rules import denies_by_default
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.default_action_deny",
        title="Network rules deny by default",
        finding_title="Storage account admits every network by default",
        description=(
            "The account's network rules let in what no rule names, so any address may try, or name at "
            "least half of the internet. Accounts without public network access pass: their rules are not "
            "used."
        ),
        severity=Severity.HIGH,
        risk_score=75,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/common/storage-network-security"),
        remediation_steps=(
            "Add the networks and addresses of the clients to the network rules",
            "Set networkAcls.defaultAction to Deny in the same change",
        ),
        auto_remediable=False,
    ),
    any_of(
        denies_by_default,
        is_one_of("properties.publicNetworkAccess", "Disabled", "SecuredByPerimeter", absent="Enabled"),
    ),
)
