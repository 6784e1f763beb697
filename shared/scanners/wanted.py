"""Which scanners a scan type asks for, whether this build has them or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.domain.scan import ScanType

WANTED: Final[Mapping[ScanType, tuple[str, ...]]] = {
    ScanType.FULL: (
        "network",
        "compliance",
        "credentials",
        "cve",
        "container",
        "iac",
        "git_secrets",
        "k8s_security",
    ),
    ScanType.CVE_ONLY: ("cve",),
    ScanType.CREDENTIALS_ONLY: ("credentials",),
    ScanType.COMPLIANCE_ONLY: ("compliance",),
    ScanType.CONTAINER: ("container",),
    ScanType.IAC: ("iac",),
    ScanType.GIT_SECRETS: ("git_secrets",),
    ScanType.NETWORK: ("network",),
    ScanType.K8S_SECURITY: ("k8s_security",),
}
