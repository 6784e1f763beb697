"""`appservice.ftp_state`."""

from shared.domain.severity import Severity
from shared.rules.base import RuleMetadata
from shared.rules.expectations import is_one_of
from shared.rules.packs.appservice._site_config import READS, configuration_rule

RULE = configuration_rule(
    RuleMetadata(
        rule_id="appservice.ftp_state",
        title="Plain FTP is off",
        finding_title="App accepts deployment over plain FTP",
        description=(
            "Files of the app can be read and replaced over FTP without encryption: whoever listens "
            "on the way gets the publishing password with them."
        ),
        severity=Severity.MEDIUM,
        risk_score=50,
        resource_type="APP_SERVICE",
        reads=READS,
        references=(
            "https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration",
            "https://learn.microsoft.com/azure/app-service/deploy-ftp#enforce-ftps",
        ),
        remediation_steps=("Set the FTP state to FTPS only, or to Disabled where nobody deploys by FTP",),
        auto_remediable=True,
    ),
    is_one_of("properties.ftpsState", "FtpsOnly", "Disabled", absent=None),
)
