"""Controls that network exposure rules speak to, kept only where the control's own subject is the boundary.

Subjects as in the CIS Microsoft Azure Foundations Benchmark, AICPA Trust Services Criteria, 45 CFR 164, PCI
DSS 4.0, ISO/IEC 27001:2022 Annex A and NIST SP 800-53 Rev. 5.
"""

from __future__ import annotations

from typing import Final

from shared.rules.base import ControlReference

BOUNDARY: Final = (
    ControlReference(framework="soc2", version="2017", control="CC6.6"),
    ControlReference(framework="hipaa", control="164.312(a)(1)"),
    ControlReference(framework="pci-dss", version="4.0", control="1.3.1"),
    ControlReference(framework="pci-dss", version="4.0", control="1.4.2"),
    ControlReference(framework="iso27001", version="2022", control="A.8.20"),
    ControlReference(framework="iso27001", version="2022", control="A.8.22"),
    ControlReference(framework="nist-800-53", version="r5", control="AC-4"),
    ControlReference(framework="nist-800-53", version="r5", control="SC-7"),
)
"""Protection of the boundary: inbound traffic restricted to what is necessary, networks segregated."""


LOGGING: Final = (
    ControlReference(framework="soc2", version="2017", control="CC7.2"),
    ControlReference(framework="hipaa", control="164.312(b)"),
    ControlReference(framework="iso27001", version="2022", control="A.8.15"),
    ControlReference(framework="nist-800-53", version="r5", control="AU-12"),
)
"""Records of activity are produced, so that anomalies can be noticed."""

RETENTION: Final = (*LOGGING, ControlReference(framework="nist-800-53", version="r5", control="AU-11"))
"""Records are produced and kept."""

TRANSMISSION: Final = (
    ControlReference(framework="soc2", version="2017", control="CC6.7"),
    ControlReference(framework="hipaa", control="164.312(e)(1)"),
    ControlReference(framework="pci-dss", version="4.0", control="4.2.1"),
    ControlReference(framework="iso27001", version="2022", control="A.8.24"),
    ControlReference(framework="nist-800-53", version="r5", control="SC-8"),
)
"""Data is protected by strong cryptography while it is transmitted."""

WEB_ATTACKS: Final = (
    ControlReference(framework="soc2", version="2017", control="CC6.6"),
    ControlReference(framework="pci-dss", version="4.0", control="6.4.2"),
    ControlReference(framework="nist-800-53", version="r5", control="SC-7"),
)
"""Public web applications stand behind something that detects and prevents web attacks."""

FLOW: Final = (
    ControlReference(framework="nist-800-53", version="r5", control="AC-4"),
    ControlReference(framework="nist-800-53", version="r5", control="SC-7"),
    ControlReference(framework="iso27001", version="2022", control="A.8.22"),
)
"""The flow of information inside the network is controlled, networks are segregated."""

MONITORED_BOUNDARY: Final = (
    ControlReference(framework="nist-800-53", version="r5", control="SC-7"),
    ControlReference(framework="nist-800-53", version="r5", control="SI-4"),
    ControlReference(framework="iso27001", version="2022", control="A.8.20"),
)
"""Traffic over the boundary is watched for attacks."""

DENY_BY_DEFAULT: Final = (ControlReference(framework="nist-800-53", version="r5", control="SC-7(5)"),)
"""Traffic is denied by default and allowed by exception."""

DENIAL_OF_SERVICE: Final = (ControlReference(framework="nist-800-53", version="r5", control="SC-5"),)
"""Effects of denial-of-service attacks are limited."""


def cis_azure(controls: dict[str, str]) -> tuple[ControlReference, ...]:
    """Controls of the CIS Azure benchmark, version to number."""
    return tuple(
        ControlReference(framework="cis-azure", version=version, control=control)
        for version, control in controls.items()
    )
