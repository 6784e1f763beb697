"""Until when AKS supports each minor version of Kubernetes.

Source: Microsoft Learn, "Supported Kubernetes versions in Azure Kubernetes Service (AKS)",
https://learn.microsoft.com/azure/aks/supported-kubernetes-versions: release calendar and long-term support.
Where it gives a month, its last day counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from shared.rules.support_dates import Release

COMMUNITY: Final[Mapping[Release, date]] = {
    (1, 27): date(2024, 7, 31),
    (1, 28): date(2025, 1, 31),
    (1, 29): date(2025, 3, 31),
    (1, 30): date(2025, 8, 22),
    (1, 31): date(2025, 11, 1),
    (1, 32): date(2026, 3, 31),
    (1, 33): date(2026, 7, 31),
    (1, 34): date(2026, 11, 30),
    (1, 35): date(2027, 3, 31),
    (1, 36): date(2027, 6, 30),
    (1, 37): date(2027, 10, 31),
}

LONG_TERM: Final[Mapping[Release, date]] = {
    (1, 27): date(2025, 7, 31),
    (1, 28): date(2026, 2, 28),
    (1, 29): date(2026, 4, 30),
    (1, 30): date(2026, 7, 31),
    (1, 31): date(2026, 11, 30),
    (1, 32): date(2027, 3, 31),
    (1, 33): date(2027, 7, 31),
    (1, 34): date(2027, 11, 30),
    (1, 35): date(2028, 3, 31),
    (1, 36): date(2028, 6, 30),
    (1, 37): date(2028, 10, 31),
}
"""For clusters with the support plan `AKSLongTermSupport`."""
