"""The sample app, loaded so that nothing of it outlives a test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devhost.functionhost.host import FunctionHost
from devhost.functionhost.keys import HostKeys

SAMPLE_APP = Path(__file__).resolve().parents[1] / "fixtures" / "functionapp"
KEYS = HostKeys(
    master="master-key",
    host={"default": "host-key"},
    functions={"Secured": {"default": "secured-key"}},
    system={"eventgrid_extension": "event-grid-key"},
)
NO_BROKER = (
    "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=Root;SharedAccessKey=bm9uZQ==;UseDevelopmentEmulator=true"
)
ENVIRONMENT = {"WORK_QUEUE": "work", "ServiceBus": NO_BROKER, "AT_START": "0 0 5 1 1 *"}


@pytest.fixture(autouse=True)
def isolated_modules() -> Iterator[None]:
    """Loading an app changes sys.path and sys.modules: put both back."""
    path, known = list(sys.path), sys.modules.get("function_app")
    yield
    sys.path[:] = path
    sys.modules.pop("function_app", None)
    if known is not None:
        sys.modules["function_app"] = known


@pytest.fixture
def make_host(tmp_path: Path) -> Callable[..., FunctionHost]:
    def make(app_dir: Path = SAMPLE_APP, **overrides: Any) -> FunctionHost:
        settings: dict[str, Any] = {
            "environment": ENVIRONMENT,
            "state_dir": tmp_path / "state",
            "keys": KEYS,
            **overrides,
        }
        return FunctionHost(app_dir, **settings)

    return make
