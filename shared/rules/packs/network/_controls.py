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


def cis_azure(controls: dict[str, str]) -> tuple[ControlReference, ...]:
    """Controls of the CIS Azure benchmark, version to number."""
    return tuple(
        ControlReference(framework="cis-azure", version=version, control=control)
        for version, control in controls.items()
    )
