"""Session-wide fixtures: one Azurite for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from devhost.azurite import start

# The time of one example says nothing on a machine that other work shares.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


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
