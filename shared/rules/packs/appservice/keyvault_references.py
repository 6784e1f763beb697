"""`appservice.keyvault_references`."""

from __future__ import annotations

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.packs.appservice._app_settings import APP_SETTINGS, PLAIN, settings_of
from shared.rules.packs.appservice._site_config import SETTINGS, SITE
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.secret_names import suggests_secret


def _judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
    settings = settings_of(resources, site)
    plain = sorted(name for name, word in settings.items() if word == PLAIN and suggests_secret(name))
    if not plain:
        return judged(metadata, site.id, ())
    words = f"{site.name} has plain settings named like secrets: {', '.join(plain[:5])}"
    if len(plain) > 5:
        words += f" and {len(plain) - 5} more"
    evidence = {"settings": plain[:20], "settings_total": len(plain)}
    return judged(metadata, site.id, [resource_finding(metadata, site.id, words, evidence)])


RULE = RelatedRule(
    RuleMetadata(
        rule_id="appservice.keyvault_references",
        title="Secrets come from Key Vault",
        finding_title="App setting holds a secret in plain",
        description=(
            "Settings that are named like passwords, keys or tokens are written into the app's "
            "configuration instead of referring to Key Vault: everyone who can read the configuration"
            " has them. The values are not read."
        ),
        severity=Severity.HIGH,
        risk_score=72,
        resource_type="APP_SERVICE",
        reads=(SITE, SETTINGS),
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/list-application-settings",
            "https://learn.microsoft.com/azure/app-service/app-service-key-vault-references",
        ),
        remediation_steps=(
            "Move each value to a Key Vault secret, and rotate it: it was readable",
            "Refer to it with @Microsoft.KeyVault(...), and let the app's identity read it",
        ),
        auto_remediable=False,
        credential=True,
    ),
    {SITE: ()},
    _judge,
    facts=(APP_SETTINGS,),
)
