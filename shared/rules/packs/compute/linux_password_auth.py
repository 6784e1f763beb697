"""`compute.linux_password_auth`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import where
from shared.rules.packs.compute._machines import GET, MACHINE, PROFILE, is_linux, keys_only
from shared.rules.property_rule import PropertyRule

RULE = PropertyRule(
    RuleMetadata(
        rule_id="compute.linux_password_auth",
        title="Linux VM accepts keys only",
        finding_title="Linux VM was set up with password sign-in",
        description=(
            "The machine was set up so that people sign in to SSH with a password: it can be guessed. "
            "Allowed unless password authentication is disabled. Judged by the OS profile; the system may "
            "have been changed since."
        ),
        severity=Severity.HIGH,
        risk_score=70,
        resource_type="VIRTUAL_MACHINE",
        reads=(MACHINE,),
        references=(GET, "https://learn.microsoft.com/azure/virtual-machines/linux/create-ssh-keys-detailed"),
        remediation_steps=(
            "Deploy SSH keys, or sign in with Microsoft Entra ID",
            "Set PasswordAuthentication no in sshd_config",
            "Create machines with disablePasswordAuthentication",
        ),
        auto_remediable=False,
        credential=True,
    ),
    where(is_linux, keys_only(PROFILE)),
)
