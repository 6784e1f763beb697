"""`keyvault.certificate_near_expiry`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.keyvault._ending import none_ends_soon
from shared.rules.packs.keyvault._objects import CERTIFICATE, LIST_CERTIFICATES, VAULT

RULE = none_ends_soon(
    RuleMetadata(
        rule_id="keyvault.certificate_near_expiry",
        title="Certificate does not expire soon",
        finding_title="Certificate expires soon",
        description=(
            "An enabled certificate ends within the time that is set, 30 days unless changed. Servers and "
            "clients that present it are refused then."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="KEY_VAULT_CERTIFICATE",
        reads=(VAULT, CERTIFICATE),
        references=(
            LIST_CERTIFICATES,
            "https://learn.microsoft.com/azure/key-vault/certificates/about-certificates",
        ),
        remediation_steps=("Renew the certificate, and see that its users take the new version",),
        auto_remediable=False,
        credential=True,
    )
)
