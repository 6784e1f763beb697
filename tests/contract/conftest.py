from __future__ import annotations

import pytest

from tests.contract.harness import Api


@pytest.fixture(autouse=True)
def contract_id(request: pytest.FixtureRequest) -> str | None:
    """The id of the contract's line that a test checks; see `harness.contract`."""
    return getattr(request, "param", None)


@pytest.fixture
def api() -> Api:
    return Api()
