"""`keyvault.certificate_expired`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.keyvault._ending import none_has_ended
from shared.rules.packs.keyvault._objects import CERTIFICATE, LIST_CERTIFICATES, VAULT

RULE = none_has_ended(
    RuleMetadata(
        rule_id="keyvault.certificate_expired",
        title="No enabled certificate has expired",
        finding_title="Certificate has expired and is still enabled",
        description=(
            "A certificate is past its expiration date and still enabled: either something broke, or it "
            "is used beyond the time it was meant for."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="KEY_VAULT_CERTIFICATE",
        reads=(VAULT, CERTIFICATE),
        references=(
            LIST_CERTIFICATES,
            "https://learn.microsoft.com/azure/key-vault/certificates/about-certificates",
        ),
        remediation_steps=(
            "Renew the certificate where it is in use",
            "Disable or delete it where it is not",
        ),
        auto_remediable=False,
        credential=True,
    )
)
