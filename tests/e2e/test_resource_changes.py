"""A write in Azure becomes a finding without anybody asking: event, rest, targeted scan, finding."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devhost.demo.client import ApiClient
from tests.e2e.stack import ROOT, Stack, until

pytestmark = pytest.mark.local_stack

API = "api-version=2024-05-01"
WITHIN = 10.0
"""Seconds from the write to the finding."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ApiClient, Azure]]:
    state = tmp_path_factory.mktemp("state")
    faults = state.parent / "writes-allowed.json"
    faults.write_text(json.dumps({"allow_actions": ["*"]}))
    with Stack(ROOT / "samples" / "estate.jsonl", state, faults) as running:
        client = running.start()
        settings = json.loads((state / "settings.json").read_text())
        yield client, Azure(settings)


class Azure:
    """The stand-in as a client with a token sees it."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._base = settings["SECURITY_COPILOT_ARM_URL"]
        request = urllib.request.Request(
            f"{settings['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource=https://management.azure.com",
            headers={"X-IDENTITY-HEADER": settings["IDENTITY_HEADER"]},
        )
        with urllib.request.urlopen(request) as response:
            self._token = json.load(response)["access_token"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self._base}{path}?{API}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=self._headers,
        )
        with urllib.request.urlopen(request) as response:
            content = response.read()
            return json.loads(content) if content else None

    def delete(self, path: str) -> None:
        """Delete, and follow the operation to its end as every client of Resource Manager does."""
        request = urllib.request.Request(f"{self._base}{path}?{API}", method="DELETE", headers=self._headers)
        with urllib.request.urlopen(request) as response:
            operation = response.headers["Azure-AsyncOperation"]

        def ended() -> bool:
            asked = urllib.request.Request(operation, headers=self._headers)
            with urllib.request.urlopen(asked) as response:
                return bool(json.load(response)["status"] == "Succeeded")

        until(ended, 30)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}


def some_group() -> str:
    """The id of a network security group of the sample estate."""
    for line in Path(ROOT / "samples" / "estate.jsonl").read_text().splitlines():
        resource = json.loads(line)
        if resource["type"].lower() == "microsoft.network/networksecuritygroups":
            return str(resource["id"])
    raise AssertionError("the sample has no network security group")


def test_a_written_rule_is_a_finding_within_ten_seconds(stack: tuple[ApiClient, Azure]) -> None:
    client, azure = stack
    group = some_group()
    rule = f"{group}/securityRules/opened-by-hand"
    properties = {
        "priority": 101,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "3389",
    }

    def findings() -> list[dict[str, Any]]:
        rows = client.rows("/v1/findings?status=open", "findings")
        return [one for one in rows if one["resource_id"].lower() == rule.lower()]

    assert findings() == []
    # Warm up: the first scan of a process opens connections to everything.
    azure.call("PATCH", group, {"tags": {"touched": "once"}})
    until(
        lambda: (
            client.get("/v1/scans")["total"] == 1
            and client.get("/v1/scans")["scans"][0]["status"] != "running"
        ),
        60,
    )
    began = time.monotonic()
    azure.call("PUT", rule, {"properties": properties})
    found = until(findings, 30)
    took = time.monotonic() - began
    assert took < WITHIN
    assert "network.nsg.rdp_from_internet" in {one["rule_id"] for one in found}


def test_a_deleted_resource_resolves_its_findings(stack: tuple[ApiClient, Azure]) -> None:
    client, azure = stack
    group = some_group()
    prefix = group.lower()

    def still_open() -> list[dict[str, Any]]:
        rows = client.rows("/v1/findings?status=open", "findings")
        return [one for one in rows if one["resource_id"].lower().startswith(prefix)]

    assert still_open(), "the test before leaves findings of this group"
    azure.delete(group)
    until(lambda: not still_open(), 60)
    resolved = [
        one
        for one in client.rows("/v1/findings?status=resolved", "findings")
        if one["resource_id"].lower().startswith(prefix)
    ]
    assert resolved
    assert all(scan["status"] in ("running", "completed") for scan in client.get("/v1/scans")["scans"])
