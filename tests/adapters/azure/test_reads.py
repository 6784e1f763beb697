"""Single reads and lists over real HTTP: Resource Manager below a resource, Microsoft Graph, Key Vault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from devhost.azure.server import serve
from shared.adapters.azure.clouds import cloud_named
from shared.adapters.azure.credentials import open_credential
from shared.adapters.azure.pipeline import ArmPipeline
from shared.adapters.azure.quota import SubscriptionQuotas
from shared.adapters.azure.reads import HttpAzureReads, is_vault, open_reads
from shared.ports.errors import InventoryDeniedError, InventoryError
from tests.adapters.azure.estates import FAST, SUB, resource

SERVER = resource("Microsoft.Sql/servers", "sql")
VNET = resource("Microsoft.Network/virtualNetworks", "vnet")
VAULT = resource("Microsoft.KeyVault/vaults", "kv", properties={"vaultUri": "https://kv.vault.azure.net/"})
RULES = [
    {
        "id": f"{SERVER['id']}/firewallRules/rule-{number}",
        "name": f"rule-{number}",
        "type": "Microsoft.Sql/servers/firewallRules",
        "properties": {"startIpAddress": "1.2.3.4", "endIpAddress": "1.2.3.4"},
    }
    for number in range(5)
]
ADMIN = {
    "id": f"{VNET['id']}/rules",
    "type": "standin/effectiveSecurityAdminRules",
    "properties": {
        "value": [{"id": f"r{number}", "properties": {"priority": number}} for number in range(25)]
    },
}
KEYS = [
    {
        "id": f"{VAULT['id']}/keys/key-{number:02d}",
        "type": "Microsoft.KeyVault/vaults/keys",
        "properties": {"attributes": {"enabled": True, "exp": 1_800_000_000}},
    }
    for number in range(30)
]
APPS = [
    {"id": f"/graph/applications/a{number}", "type": "graph/applications", "properties": {"id": f"a{number}"}}
    for number in range(12)
]


@asynccontextmanager
async def reads_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch, lines: list[dict[str, Any]], faults: dict[str, Any]
) -> AsyncIterator[HttpAzureReads]:
    file = folder / "estate.jsonl"
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    async with serve(file, faults) as standin:
        monkeypatch.setenv("IDENTITY_ENDPOINT", standin.identity_endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", standin.identity_header)
        cloud = cloud_named("public")
        credential = open_credential("managed_identity", cloud, client_id=None)
        arm = ArmPipeline(credential, cloud, base_url=standin.base_url, limits=FAST)
        reads = open_reads(
            credential,
            cloud,
            arm,
            SubscriptionQuotas(),
            graph_url=f"{standin.base_url}/graph",
            graph_audience="https://graph.microsoft.com",
            vault_url=f"{standin.base_url}/vault",
            limits=FAST,
        )
        try:
            yield reads
        finally:
            await reads.aclose()
            await arm.aclose()
            await credential.close()


@pytest.fixture
async def reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpAzureReads]:
    faults = {"resource_manager": {"page_size": 2}}
    lines = [SERVER, VNET, VAULT, *RULES, ADMIN, *KEYS, *APPS]
    async with reads_of(tmp_path, monkeypatch, lines, faults) as opened:
        yield opened


async def test_a_list_is_read_to_its_end(reads: HttpAzureReads) -> None:
    found = await reads.arm_list(f"{SERVER['id']}/firewallRules", "2021-11-01")
    assert [one["name"] for one in found] == [one["name"] for one in RULES]


async def test_an_object_that_is_not_there_is_none(reads: HttpAzureReads) -> None:
    assert (await reads.arm_get(RULES[0]["id"], "2021-11-01") or {})["name"] == "rule-0"
    assert await reads.arm_get(f"{SERVER['id']}/firewallRules/none", "2021-11-01") is None


async def test_a_list_asked_for_by_post_is_read_to_its_end(reads: HttpAzureReads) -> None:
    path = f"{VNET['id']}/listNetworkManagerEffectiveSecurityAdminRules"
    assert len(await reads.arm_post(path, "2024-05-01")) == 25


async def test_graph_and_vaults_are_read_to_their_end(reads: HttpAzureReads) -> None:
    assert len(await reads.graph_list("/applications?$top=5")) == 12
    keys = await reads.vault_list("https://kv.vault.azure.net", "/keys")
    assert len(keys) == 30 and keys[0]["attributes"]["exp"] == 1_800_000_000
    assert await reads.graph_get("/policies/authorizationPolicy") is None


@pytest.mark.parametrize(
    ("deny", "call"),
    [
        (
            {"actions": ["Microsoft.Sql/servers/firewallRules/read"]},
            lambda reads: reads.arm_list(f"{SERVER['id']}/firewallRules", "2021-11-01"),
        ),
        ({"graph_permissions": ["Application.Read.All"]}, lambda reads: reads.graph_list("/applications")),
        ({"vaults": ["kv"]}, lambda reads: reads.vault_list("https://kv.vault.azure.net", "/keys")),
    ],
    ids=["arm", "graph", "vault"],
)
async def test_what_is_refused_is_told_apart_from_what_is_not_there(
    deny: dict[str, Any], call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [SERVER, VAULT, *RULES, *KEYS, *APPS]
    async with reads_of(tmp_path, monkeypatch, lines, {"deny": deny}) as opened:
        with pytest.raises(InventoryDeniedError):
            await call(opened)


@pytest.mark.parametrize(
    "path", ["relative", "//elsewhere/x", "/subscriptions/../x", f"/subscriptions/{SUB}/\n"]
)
async def test_a_path_that_could_lead_elsewhere_is_refused(reads: HttpAzureReads, path: str) -> None:
    with pytest.raises(InventoryError, match="path"):
        await reads.arm_list(path, "2021-11-01")


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://kv.vault.azure.net/", True),
        ("https://KV.Vault.Usgovcloudapi.net", True),
        ("http://kv.vault.azure.net/", False),
        ("https://kv.vault.azure.net.evil.example/", False),
        ("https://a.b.vault.azure.net/", False),
        ("https://evil.example/.vault.azure.net", False),
        ("https://user@evil.example", False),
        ("https://127.0.0.1/", False),
    ],
)
def test_tokens_for_vaults_go_to_vaults_only(url: str, right: bool) -> None:
    assert is_vault(url) is right
