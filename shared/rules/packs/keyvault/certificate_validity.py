"""`keyvault.certificate_validity`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.packs.keyvault._objects import CERTIFICATE, LIST_CERTIFICATES, VAULT, each_object
from shared.rules.packs.keyvault._validity import PATHS, lives_too_long

RULE = each_object(
    RuleMetadata(
        rule_id="keyvault.certificate_validity",
        title="Certificates live a year at most",
        finding_title="Certificate is valid for more than a year",
        description=(
            "An enabled certificate was issued for more than twelve months, or its policy asks for that: "
            "a stolen private key stays good for as long."
        ),
        severity=Severity.LOW,
        risk_score=30,
        resource_type="KEY_VAULT_CERTIFICATE",
        reads=(VAULT, CERTIFICATE),
        references=(
            LIST_CERTIFICATES,
            "https://learn.microsoft.com/azure/key-vault/certificates/create-certificate",
        ),
        remediation_steps=(
            "Set the validity in the certificate's policy to 12 months or less",
            "Issue a new version",
        ),
        auto_remediable=False,
        credential=True,
    ),
    lives_too_long,
    PATHS,
)
