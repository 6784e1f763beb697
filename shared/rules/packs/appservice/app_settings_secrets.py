"""`appservice.app_settings_secrets`.

Judged by the settings that Azure documents to hold the connection string of a storage account; other
names are those of `appservice.keyvault_references`.
"""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.packs.appservice._app_settings import APP_SETTINGS, PLAIN, STORAGE, settings_of
from shared.rules.packs.appservice._site_config import SETTINGS, SITE
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources


def _judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    settings = settings_of(resources, site)
    plain = sorted(name for name, word in settings.items() if word == PLAIN and name.upper() in STORAGE)
    if not plain:
        return judged(metadata, site.id, ())
    words = f"{site.name} keeps a storage connection string in plain: {', '.join(plain)}"
    return judged(metadata, site.id, [resource_finding(metadata, site.id, words, {"settings": plain})])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="appservice.app_settings_secrets",
        title="No storage key in settings",
        finding_title="App setting holds a storage account key",
        description=(
            "The connection to the storage account of the Functions host or of the app's content is a"
            " connection string in plain, which holds an account key or a SAS. The value is not read."
            " A connection by managed identity needs neither."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="APP_SERVICE",
        reads=(SITE, SETTINGS),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/list-application-settings",
            "https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity",
            "https://learn.microsoft.com/azure/azure-functions/functions-app-settings",
        ),
        remediation_steps=(
            "Give the app's identity the storage roles that the host needs",
            "Replace AzureWebJobsStorage by AzureWebJobsStorage__accountName, or refer to Key Vault",
            "Rotate the account key",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {SITE: ()},
    _judge,
    facts=(APP_SETTINGS,),
)
