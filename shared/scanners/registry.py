"""The scanners of this build."""

from __future__ import annotations

from collections.abc import Mapping

from shared.scanners.base import Scanner
from shared.scanners.network import NetworkScanner


def available() -> Mapping[str, Scanner]:
    """The scanners of this build, by name."""
    network = NetworkScanner()
    return {network.name: network}
