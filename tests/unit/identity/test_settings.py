"""The settings of identity: what is refused, and what they come down to."""

from __future__ import annotations

import json

import pytest

from shared.domain.principal import Role, Tier
from shared.settings import KeyCommandSettings, SettingsError
from shared.settings_identity import ADMIN_KEY_ID
from tests.unit.api.test_settings import GOOD, KEY, problems, read

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
OBJECT = "690222be-ff1a-4d56-abd1-7e4f7d38e474"


def test_without_tenants_no_token_is_trusted() -> None:
    assert read().identity.entra is None


def test_tenants_audiences_and_tiers() -> None:
    entra = read(
        SECURITY_COPILOT_ENTRA_TENANTS=f" {TENANT.upper()} ,",
        SECURITY_COPILOT_ENTRA_AUDIENCES="api://security-copilot, 6e74172b-be56-4843-9ff4-e66a39bb12e3",
        SECURITY_COPILOT_ENTRA_TIER="professional",
        SECURITY_COPILOT_ENTRA_TIERS=json.dumps({"enterprise": [f"{TENANT}:{OBJECT}".upper()]}),
    ).identity.entra
    assert entra is not None
    assert entra.tenants == {TENANT}
    assert entra.audiences == {"api://security-copilot", "6e74172b-be56-4843-9ff4-e66a39bb12e3"}
    assert (entra.default_tier, entra.tiers) == (Tier.PROFESSIONAL, {f"{TENANT}:{OBJECT}": Tier.ENTERPRISE})
    assert (entra.authority, entra.v1_issuer) == (
        "https://login.microsoftonline.com",
        "https://sts.windows.net",
    )


def test_an_administrator_s_key_alone_is_enough() -> None:
    identity = read(
        SECURITY_COPILOT_API_KEYS="", SECURITY_COPILOT_ADMIN_KEY="Q7mX2vB9kL4nT8sR1wY5zC3f"
    ).identity
    (key,) = identity.keys
    assert (key.principal.id, key.principal.role) == (ADMIN_KEY_ID, Role.ADMIN)


def test_no_configured_key_is_no_error() -> None:
    assert read(SECURITY_COPILOT_API_KEYS="").identity.keys == ()


def test_a_configured_key_may_have_a_tier() -> None:
    (key,) = read(SECURITY_COPILOT_API_KEYS=json.dumps([{**KEY, "tier": "enterprise"}])).identity.keys
    assert key.principal.tier is Tier.ENTERPRISE


def test_secrets_are_not_in_the_representation() -> None:
    settings = read(SECURITY_COPILOT_ADMIN_KEY="Q7mX2vB9kL4nT8sR1wY5zC3f")
    for secret in (str(KEY["key"]), "Q7mX2vB9kL4nT8sR1wY5zC3f", GOOD["SECURITY_COPILOT_API_KEY_PEPPER"]):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [
        ("SECURITY_COPILOT_API_KEY_PEPPER", "", "is required"),
        ("SECURITY_COPILOT_API_KEY_PEPPER", "short", "at least 32"),
        ("SECURITY_COPILOT_API_KEY_PEPPER", "changeme-changeme-changeme-changeme", "placeholder"),
        ("SECURITY_COPILOT_API_KEY_PEPPER", "local-only-api-key-pepper-000000000001", "published"),
        ("SECURITY_COPILOT_API_KEYS", json.dumps([{**KEY, "id": "key-abcdefghijkl"}]), "hands out"),
        ("SECURITY_COPILOT_ADMIN_KEY", "short", "at least 24"),
        ("SECURITY_COPILOT_ADMIN_KEY", "has a blank in the middle of it", "visible ASCII"),
        ("SECURITY_COPILOT_ADMIN_KEY", "<put the administrator's key here>", "placeholder"),
        ("SECURITY_COPILOT_ENTRA_TENANTS", "contoso.onmicrosoft.com", "GUIDs"),
        ("SECURITY_COPILOT_ENTRA_TENANTS", "common", "GUIDs"),
        ("SECURITY_COPILOT_ENTRA_AUTHORITY", "http://login.microsoftonline.com", "https"),
        ("SECURITY_COPILOT_ENTRA_AUTHORITY", "https://login.microsoftonline.com/common", "no path"),
        ("SECURITY_COPILOT_ENTRA_TIER", "gold", "one of"),
        ("SECURITY_COPILOT_ENTRA_TIERS", '{"gold": ["x"]}', "keys must be"),
        ("SECURITY_COPILOT_ENTRA_TIERS", '{"enterprise": ["x"]}', "tenant id"),
        ("SECURITY_COPILOT_RATE_LIMIT_FIELDS", "perhaps", "true or false"),
        ("SECURITY_COPILOT_FAILED_ATTEMPTS", "0", "number from"),
        ("SECURITY_COPILOT_TRUSTED_HOPS", "11", "number from"),
    ],
)
def test_refusals(variable: str, value: str, part: str) -> None:
    text = problems(**{variable: value})
    assert variable in text
    assert part in text


def test_the_command_needs_storage_and_pepper_only() -> None:
    wanted = ("Storage__connectionString", "SECURITY_COPILOT_API_KEY_PEPPER")
    settings = KeyCommandSettings.from_environment({name: GOOD[name] for name in wanted})
    assert settings.storage.connection_string is not None
    with pytest.raises(SettingsError, match="PEPPER is required"):
        KeyCommandSettings.from_environment({wanted[0]: GOOD[wanted[0]]})
