"""What a refused read says of itself: what would help, in one line."""

from __future__ import annotations

import pytest

from shared.adapters.azure.errors import error_of
from shared.ports.errors import InventoryDeniedError
from shared.scanners.collectors._lists import guarded

PERMISSION = "data:Microsoft.KeyVault/vaults/keys/read"


def refused(inner: str | None) -> InventoryDeniedError:
    """A vault's 403 as "Azure Key Vault REST API Error Codes" shows it."""
    more = "" if inner is None else f', "innererror": {{"code": "{inner}"}}'
    body = f'{{"error": {{"code": "Forbidden", "message": "Not allowed.\\r\\nVault: kv"{more}}}}}'
    error = error_of(403, body.encode(), "https://kv.vault.azure.net/keys")
    assert isinstance(error, InventoryDeniedError)
    return error


async def reason_of(error: InventoryDeniedError) -> str:
    async def rows() -> list[object]:
        raise error

    detail = await guarded("microsoft.keyvault/vaults/keys", PERMISSION, rows())
    assert detail.denied and detail.reason is not None
    return detail.reason


@pytest.mark.parametrize("inner", ["ForbiddenByFirewall", "ForbiddenByConnection"])
async def test_a_firewall_is_not_called_a_missing_permission(inner: str) -> None:
    reason = await reason_of(refused(inner))
    assert PERMISSION not in reason and "firewall or network" in reason
    assert reason.startswith(
        f"https://kv.vault.azure.net/keys: 403 Forbidden ({inner}): Not allowed. Vault: kv ("
    )


@pytest.mark.parametrize("inner", ["ForbiddenByRbac", "ForbiddenByPolicy", "AccessDenied", None])
async def test_a_missing_permission_is_named(inner: str | None) -> None:
    reason = await reason_of(refused(inner))
    assert reason.endswith(f"(needs {PERMISSION})") and "firewall" not in reason
    assert reason.isprintable()


def test_an_inner_error_of_another_form_is_no_matter() -> None:
    for inner in ('"text"', "[]", '{"code": 3}', '{"code": {"x": 1}}', "null"):
        body = f'{{"error": {{"code": "Forbidden", "message": "no", "innererror": {inner}}}}}'
        assert isinstance(error_of(403, body.encode(), "x"), InventoryDeniedError)
