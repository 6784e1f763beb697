"""Clouds, base URLs and credentials: what settings may say, and what they lead to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from azure.core.exceptions import ClientAuthenticationError

from devhost.azure.server import serve
from shared.adapters.azure.api_versions import api_version_of
from shared.adapters.azure.clouds import CLOUDS, checked_base_url, cloud_named, origin_of
from shared.adapters.azure.credentials import CredentialKind, open_credential
from shared.adapters.azure.errors import no_token
from shared.adapters.azure.inventory import AzureInventory, open_inventory
from shared.adapters.azure.pipeline import ArmPipeline
from shared.adapters.azure.quota import WindowQuota
from shared.ports.errors import InventoryDeniedError, InventoryError
from tests.adapters.azure.estates import FAST, NSG_TYPE, SUB, all_pages, ids, nsgs
from tests.adapters.azure.wire import served

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://management.azure.com", "https://management.azure.com"),
        ("https://Management.Azure.com:443/", "https://management.azure.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://10.1.2.3:8443", "https://10.1.2.3:8443"),
    ],
)
def test_a_base_url_is_an_origin(url: str, origin: str) -> None:
    assert checked_base_url(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://management.azure.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://128.0.0.1",
        "ftp://127.0.0.1",
        "management.azure.com",
        "https://user:password@management.azure.com",
        "https://management.azure.com/path",
        "https://management.azure.com?x=1",
        "https://",
        "https://host:99999",
        "",
    ],
)
def test_a_base_url_that_would_leak_a_token_or_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^base_url: "):
        checked_base_url(url)


def test_clouds_have_https_endpoints_of_their_own() -> None:
    assert set(CLOUDS) == {"public", "usgov", "china"}
    for cloud in CLOUDS.values():
        assert checked_base_url(cloud.resource_manager) == cloud.resource_manager
        assert origin_of(cloud.audience).startswith("https://")
    assert len({cloud.resource_manager for cloud in CLOUDS.values()}) == len(CLOUDS)
    with pytest.raises(ValueError, match=r"^cloud: "):
        cloud_named("germany")


@pytest.mark.parametrize(
    "resource_type",
    [
        "Microsoft.Network/networkSecurityGroups",
        "Microsoft.Network/networkInterfaces",
        "Microsoft.Network/publicIPAddresses",
        "Microsoft.Network/virtualNetworks",
        "Microsoft.Network/virtualNetworks/subnets",
        "Microsoft.Network/loadBalancers",
        "Microsoft.Network/applicationGateways",
        "Microsoft.Network/azureFirewalls",
        "Microsoft.Compute/virtualMachines",
        "Microsoft.Compute/virtualMachineScaleSets",
        "Microsoft.Compute/disks",
        "Microsoft.Storage/storageAccounts/blobServices",
        "Microsoft.KeyVault/vaults",
        "Microsoft.Sql/servers/firewallRules",
        "Microsoft.Web/sites/config",
    ],
)
def test_types_of_the_network_and_their_neighbours_have_a_version(resource_type: str) -> None:
    version = api_version_of(resource_type)
    assert version is not None
    assert len(version) == len("2024-05-01")
    assert "preview" not in version


@pytest.mark.parametrize(
    "resource_type", ["", "Contoso.Own/things", "Microsoft.NetworkX/a", "Microsoft.Compute"]
)
def test_other_types_have_none(resource_type: str) -> None:
    assert api_version_of(resource_type) is None


@pytest.mark.parametrize("kind", list(CredentialKind))
async def test_every_kind_of_credential_opens_and_closes(
    kind: CredentialKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TENANT_ID", "11111111-1111-4111-8111-111111111111"), ("CLIENT_ID", "c")):
        monkeypatch.setenv(f"AZURE_{name}", value)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "s")
    await open_credential(kind.value, CLOUDS["usgov"]).close()


def test_a_service_principal_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "CLIENT_CERTIFICATE_PATH"):
        monkeypatch.delenv(f"AZURE_{name}", raising=False)
    monkeypatch.setenv("AZURE_CLIENT_ID", "c")
    with pytest.raises(ValueError, match=r"^credential: .*AZURE_TENANT_ID, AZURE_CLIENT_SECRET or"):
        open_credential("service_principal", CLOUDS["public"])


def test_unknown_kinds_and_useless_client_ids_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^credential: 'password'"):
        open_credential("password", CLOUDS["public"])
    with pytest.raises(ValueError, match=r"^client_id: "):
        open_credential("developer", CLOUDS["public"], client_id="c")


def test_azure_identity_is_imported_only_when_asked_for() -> None:
    program = "import sys, shared.adapters.azure.inventory; print('azure.identity' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"


async def test_the_managed_identity_of_the_platform_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "estate.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps(each) for each in nsgs(1200)))
    async with serve(file, token_lifetime_s=3600) as standin:
        monkeypatch.setenv("IDENTITY_ENDPOINT", standin.identity_endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", standin.identity_header)
        inventory = open_inventory(credential="managed_identity", base_url=standin.base_url)
        assert len(ids(await all_pages(inventory, [NSG_TYPE]))) == 1200
        await inventory.aclose()
        monkeypatch.setenv("IDENTITY_HEADER", "guessed")
        stranger = open_inventory(base_url=standin.base_url, limits=FAST)
        with pytest.raises(InventoryDeniedError, match="no token") as error:
            await stranger.subscription(SUB)
        await stranger.aclose()
    assert error.value.status == 401


@pytest.mark.parametrize("limit", [3, 15])
async def test_a_small_quota_is_kept_or_learnt_from_the_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    file = tmp_path / "estate.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps(each) for each in nsgs(70)))
    async with serve(file, {"resource_graph": {"quota": 3, "window_s": 1.0}}) as standin:
        monkeypatch.setenv("IDENTITY_ENDPOINT", standin.identity_endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", standin.identity_header)
        credential = open_credential("managed_identity", CLOUDS["public"])
        inventory = AzureInventory(
            ArmPipeline(credential, CLOUDS["public"], base_url=standin.base_url),
            quota=WindowQuota(limit, 1.0),
            credential=credential,
        )
        assert len(ids(await all_pages(inventory, [NSG_TYPE], page_size=10))) == 70
        await inventory.aclose()
        statuses = standin.app.stats()["statuses"]
    assert isinstance(statuses, dict)
    assert statuses["200"] >= 7
    assert "429" not in statuses


class TokenAnswer:
    """As much of an HTTP answer as azure-core's errors look at."""

    def __init__(self, status: int) -> None:
        self.status_code, self.reason = status, "because"


@pytest.mark.parametrize(
    ("answer", "denied"), [(None, True), (400, True), (401, True), (429, False), (500, False), (503, False)]
)
def test_a_token_service_out_of_order_is_no_refusal(answer: int | None, denied: bool) -> None:
    response = None if answer is None else TokenAnswer(answer)
    error = no_token(ClientAuthenticationError("no luck", response=response), "subscriptions")  # type: ignore[arg-type]
    assert isinstance(error, InventoryDeniedError) is denied
    assert error.transient is not denied
    assert "no luck" in str(error)


@pytest.mark.slow
async def test_a_managed_identity_out_of_order_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.json_response({"error": "busy"}, status=500, headers={"Retry-After": "0"})

    async with served(handler) as base_url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{base_url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "h")
        inventory = open_inventory(base_url=base_url, limits=FAST)
        with pytest.raises(InventoryError) as error:
            await inventory.subscription(SUB)
        await inventory.aclose()
    assert error.value.transient
    assert not isinstance(error.value, InventoryDeniedError)
