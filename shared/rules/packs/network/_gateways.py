"""Virtual network gateways."""

from __future__ import annotations

from typing import Final

from shared.rules.columns import value_at
from shared.rules.expectations import MET, NOT_APPLICABLE, Columns, Expectation, Verdict

_POOL: Final = "properties.vpnClientConfiguration.vpnClientAddressPool.addressPrefixes"


def _has_point_to_site(columns: Columns) -> Verdict:
    return MET if value_at(columns, _POOL) else NOT_APPLICABLE


has_point_to_site = Expectation((_POOL,), _has_point_to_site)
"""Point-to-site clients can connect: there is a pool to give them addresses from."""
