"""`storage.default_entra_auth`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_true
from shared.rules.packs.storage._accounts import ACCOUNT, GET
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="storage.default_entra_auth",
        title="Portal uses Entra authorization",
        finding_title="Portal opens the account's data with its keys by default",
        description=(
            "The Azure portal reaches the account's data with the account key unless the user switches: "
            "no data role is needed, and the log shows no user."
        ),
        severity=Severity.LOW,
        risk_score=25,
        resource_type="STORAGE_ACCOUNT",
        reads=(ACCOUNT,),
        references=(GET, "https://learn.microsoft.com/azure/storage/blobs/authorize-data-operations-portal"),
        remediation_steps=("Set Default to Microsoft Entra authorization in the Azure portal to enabled",),
        auto_remediable=False,
        credential=True,
    ),
    is_true("properties.defaultToOAuthAuthentication", absent=False),
)
