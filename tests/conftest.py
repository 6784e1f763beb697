"""Session-wide fixtures: one Azurite for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from devhost.azurite import start

# Repeatable by default, so that a green run stays green; HYPOTHESIS_PROFILE=explore looks for new cases.
# The time of one example says nothing on a machine that other work shares.
_RELAXED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeat", derandomize=True, **_RELAXED)
settings.register_profile("explore", **_RELAXED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))


@pytest.fixture(scope="session")
def storage_connection_string() -> Iterator[str]:
    """A storage account to test against: Azurite, or the one that TEST_STORAGE_CONNECTION_STRING names."""
    given = os.environ.get("TEST_STORAGE_CONNECTION_STRING")
    if given:
        yield given
        return
    azurite = start(None)
    try:
        yield azurite.connection_string
    finally:
        azurite.stop()
