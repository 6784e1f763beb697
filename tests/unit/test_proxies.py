"""A proxy is asked for where the environment names one."""

from __future__ import annotations

import os

import pytest

from shared.adapters.proxies import environment_names_a_proxy


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_that_is_named(plain: pytest.MonkeyPatch, name: str) -> None:
    assert not environment_names_a_proxy()
    plain.setenv(name, "http://proxy.example:3128")
    assert environment_names_a_proxy()
