"""The data plane of key vaults as a client sees it: lists, policies, the firewall, permissions."""

from typing import Any

import pytest

from tests.azure_standin import estates
from tests.azure_standin.conftest import Azure, Start
from tests.azure_standin.estates import SUB_A

VAULT = "Microsoft.KeyVault/vaults"


def vault(name: str, **properties: Any) -> dict[str, Any]:
    return estates.resource(
        SUB_A, "g", VAULT, name, properties={"enableRbacAuthorization": True, **properties}
    )


OPEN = vault("Kv-Open")
POLICIES = vault("kv-policies", enableRbacAuthorization=False)
SHUT = vault("kv-shut", publicNetworkAccess="Disabled")
WALLED = vault("kv-walled", networkAcls={"defaultAction": "Deny", "ipRules": []})


def line(owner: dict[str, Any], kind: str, name: str, **properties: Any) -> dict[str, Any]:
    return estates.child(owner["id"], f"{VAULT}/{kind}", name, **properties)


POLICY = {
    "lifetimeActions": [{"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "rotate"}}],
    "attributes": {"expiryTime": "P2Y"},
}
DATES = {
    "enabled": True,
    "nbf": 1_700_000_000,
    "exp": 1_800_000_000,
    "created": 1_690_000_000,
    "updated": 1_695_000_000,
}
KEY = line(OPEN, "keys", "signing", attributes=DATES, kty="RSA", rotationPolicy=POLICY)
SECRET = line(OPEN, "secrets", "db", attributes=DATES, contentType="text/plain", value="hunter2")
DISABLED = line(OPEN, "secrets", "old", attributes={"enabled": False})
TLS = {"x509_props": {"validity_months": 12}}
CERTIFICATE = line(OPEN, "certificates", "tls", attributes=DATES, x5t="fLi3U5", policy=TLS)
LINES = [OPEN, POLICIES, SHUT, WALLED, KEY, SECRET, DISABLED, CERTIFICATE]
LINES += [line(owner, "secrets", "s") for owner in (POLICIES, SHUT, WALLED)]


async def values(azure: Azure, path: str) -> list[dict[str, Any]]:
    status, body, _ = await azure.vault(path)
    assert status == 200, body
    assert body["nextLink"] is None
    found: list[dict[str, Any]] = body["value"]
    return found


async def refused(azure: Azure, path: str, **more: Any) -> tuple[int, str, str | None]:
    status, body, _ = await azure.vault(path, **more)
    return status, body["error"]["code"], body["error"].get("innererror", {}).get("code")


async def test_secrets_tell_everything_but_their_value(start: Start) -> None:
    azure = await start(LINES)
    assert await values(azure, "kv-open/secrets") == [
        {
            "id": "https://kv-open.vault.azure.net/secrets/db",
            "attributes": DATES,
            "contentType": "text/plain",
        },
        {"id": "https://kv-open.vault.azure.net/secrets/old", "attributes": {"enabled": False}},
        {
            "id": "https://kv-open.vault.azure.net/secrets/tls",
            "attributes": DATES,
            "contentType": "application/x-pkcs12",
            "managed": True,
        },
    ]
    for path in ("kv-open/secrets/db", "kv-open/secrets/db/0123"):
        status, body, _ = await azure.vault(path)
        assert status == 403
        assert "hunter2" not in str(body)


async def test_keys_and_certificates(start: Start) -> None:
    azure = await start(LINES)
    signing, tls = await values(azure, "kv-OPEN/keys")
    assert signing == {"kid": "https://kv-open.vault.azure.net/keys/signing", "attributes": DATES}
    assert tls["managed"] is True
    assert await values(azure, "kv-open/certificates") == [
        {"id": "https://kv-open.vault.azure.net/certificates/tls", "attributes": DATES, "x5t": "fLi3U5"}
    ]
    status, body, _ = await azure.vault("kv-open/keys/signing/rotationpolicy")
    assert (status, body["attributes"]) == (200, {"expiryTime": "P2Y"})
    assert body["lifetimeActions"] == [{"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "Rotate"}}]
    status, body, _ = await azure.vault("kv-open/certificates/tls/policy")
    assert (status, body["x509_props"]) == (200, {"validity_months": 12})
    assert await refused(azure, "kv-open/keys/none/rotationpolicy") == (404, "KeyNotFound", None)
    assert await refused(azure, "kv-open/certificates/none/policy") == (404, "CertificateNotFound", None)
    assert (await refused(azure, "kv-open/storage"))[0] == 404


async def test_lists_come_page_by_page(start: Start) -> None:
    names = [f"s{number:03d}" for number in range(60)]
    azure = await start([OPEN, *(line(OPEN, "secrets", name) for name in names)])
    for query, size in (("", 25), ("?maxresults=7", 7)):
        found: list[str] = []
        link = f"kv-open/secrets{query}"
        while link:
            status, body, _ = await azure.vault(link)
            assert status == 200
            assert len(body["value"]) <= size
            found += [one["id"].rsplit("/", 1)[-1] for one in body["value"]]
            link = body["nextLink"]
        assert found == names
    for bad in ("maxresults=26", "maxresults=0", "$skiptoken=x", "api-version=2016-10-01"):
        assert await refused(azure, f"kv-open/secrets?{bad}") == (400, "BadParameter", None)


@pytest.mark.parametrize(
    ("name", "reason"), [("kv-shut", "ForbiddenByConnection"), ("kv-walled", "ForbiddenByFirewall")]
)
async def test_the_network_comes_before_permissions(start: Start, name: str, reason: str) -> None:
    azure = await start(LINES, {"deny": {"vaults": [name]}})
    for kind in ("keys", "secrets", "certificates"):
        assert await refused(azure, f"{name}/{kind}") == (403, "Forbidden", reason)


async def test_vaults_refuse_by_their_own_model(start: Start) -> None:
    azure = await start(LINES, {"deny": {"vaults": ["kv-open", "KV-Policies"]}})
    assert await refused(azure, "kv-open/keys") == (403, "Forbidden", "ForbiddenByRbac")
    assert await refused(azure, "kv-policies/keys") == (403, "Forbidden", "ForbiddenByPolicy")


@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("Microsoft.KeyVault/vaults/keys/read", "keys"),
        ("Microsoft.KeyVault/vaults/keyrotationpolicies/read", "keys/signing/rotationpolicy"),
        ("Microsoft.KeyVault/vaults/secrets/readMetadata/action", "secrets"),
        ("Microsoft.KeyVault/vaults/certificates/read", "certificates"),
    ],
)
async def test_data_actions_open_role_based_vaults_only(start: Start, action: str, path: str) -> None:
    azure = await start(LINES, {"deny": {"data_actions": [action]}})
    assert await refused(azure, f"kv-open/{path}") == (403, "Forbidden", "ForbiddenByRbac")
    assert (await azure.vault("kv-policies/secrets"))[0] == 200
    path = f"/subscriptions/{SUB_A}/providers/Microsoft.Authorization/permissions"
    assert (await azure.json("GET", path))["value"][0]["notDataActions"] == [action]


async def test_access_policies_open_the_other_vaults(start: Start) -> None:
    azure = await start(LINES, {"deny": {"access_policies": ["secrets/list"]}})
    assert await refused(azure, "kv-policies/secrets") == (403, "Forbidden", "ForbiddenByPolicy")
    assert (await azure.vault("kv-policies/keys"))[0] == 200
    assert (await azure.vault("kv-open/secrets"))[0] == 200


async def test_the_challenge_names_tenant_and_audience(start: Start) -> None:
    azure = await start(LINES)
    status, body, headers = await azure.vault("kv-open/secrets", token="")
    assert (status, body["error"]["code"]) == (401, "Unauthorized")
    challenge = headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer authorization="https://login.microsoftonline.com/')
    assert 'resource="https://vault.azure.net"' in challenge
    status, _, _ = await azure.call("/vault/kv-open/secrets?api-version=7.4", "https://graph.microsoft.com")
    assert status == 401


async def test_an_unknown_vault_a_missing_version_and_another_method(start: Start) -> None:
    azure = await start(LINES)
    assert (await refused(azure, "kv-none/secrets"))[:2] == (404, "VaultNotFound")
    status, body, _ = await azure.call("/vault/kv-open/secrets", "https://vault.azure.net")
    assert (status, body["error"]["code"]) == (400, "BadParameter")
    assert (await refused(azure, "kv-open/secrets", method="POST"))[0] == 405


async def test_throttling_of_one_vault_and_failures_of_the_service(start: Start) -> None:
    now = [0.0]
    faults = {
        "answers": [{"status": 503, "service": "vault"}],
        "vault": {"burst": 1, "requests_per_s": 0.25},
    }
    azure = await start(LINES, faults, clock=lambda: now[0])
    assert (await azure.graph("users"))[0] == 200
    assert (await azure.vault("kv-open/secrets"))[0] == 503
    assert (await azure.vault("kv-open/secrets"))[0] == 200
    status, body, headers = await azure.vault("kv-open/secrets")
    assert (status, body["error"]["code"], headers["Retry-After"]) == (429, "Throttled", "4")
    assert (await azure.vault("kv-policies/secrets"))[0] == 200
