"""Secrets in what machines are told: found, not mistaken, never kept."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.resource import Resource
from shared.rules.packs.compute._secrets import MOST_CHARACTERS, in_extension, in_user_data


def resource(properties: dict[str, Any]) -> Resource:
    return Resource("/x", "x", "t", "s", "g", "l", {}, {}, "", properties)


def found(settings: Any) -> list[dict[str, str]]:
    return in_extension(resource({"settings": settings}))


ACCOUNT_KEY = base64.b64encode(bytes(range(64))).decode()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "private key"),
        ("-----BEGIN PRIVATE KEY-----", "private key"),
        (f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={ACCOUNT_KEY}", "storage account key"),
        (f"az storage blob list --account-key {ACCOUNT_KEY}", "storage account key"),
        ("https://a.blob.core.windows.net/c/f?sv=2022&sig=" + "a" * 43 + "%3D", "shared access signature"),
        ("secret is abc8Q~" + "x" * 34, "Entra client secret"),
        ("git clone https://ghp_" + "a1" * 18 + "@github.com/x/y", "GitHub token"),
        ("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS access key"),
        ("Server=tcp:db;User ID=sa;Password=correcthorse1;", "password"),
        ('{"client_secret": "0123456789abcdef"}', "password"),
        ("powershell join.ps1 -AdminPassword Winter2026now", "password"),
        ("join /password Winter2026now", "password"),
    ],
)
def test_found(text: str, kind: str) -> None:
    assert found({"commandToExecute": text}) == [{"where": "settings.commandToExecute", "kind": kind}]
    coded = base64.b64encode(text.encode()).decode()
    assert in_user_data(resource({"userData": coded})) == [{"where": "userData", "kind": kind}]


@pytest.mark.parametrize(
    "text",
    [
        "setup.sh --password $ADMIN_PASSWORD",
        "setup.sh --password ${ADMIN_PASSWORD}",
        "setup.sh --password {{ password }}",
        "setup.sh --password <your password>",
        "setup.sh --password-file /run/secrets/password",
        "setup.sh --password /run/secrets/password",
        '{"Password": "PrivateSettingsRef:registrationKeyPrivate"}',
        "password: privateSettingsRef:AdminPassword",
        "password=$(az keyvault secret show --name x)",
        "password=@Microsoft.KeyVault(SecretUri=x)",
        "passwd --lock administrator",
        "the password protection policy was enabled",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "https://x.blob.core.windows.net/c/f?sv=2022",
        "",
    ],
)
def test_not_mistaken(text: str) -> None:
    assert found({"commandToExecute": text}) == []


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("password", "correct-horse", True),
        ("storageAccountKey", "something", True),
        ("sas_token", "something", True),
        ("connectionString", "Endpoint=x;a=b", True),
        ("Password", "PrivateSettingsRef:registrationKeyPrivate", False),
        ("password", "", False),
        ("password", "short", False),
        ("secret", "https://kv.vault.azure.net/secrets/x", False),
        ("secret", "@Microsoft.KeyVault(SecretUri=x)", False),
        ("secretsManagementSettings", "something", False),
        ("KeyEncryptionKeyURL", "something", False),
    ],
)
def test_names_that_tell(name: str, value: str, is_secret: bool) -> None:
    expected = [{"where": f"settings.a[1].{name}", "kind": "named as a secret"}] if is_secret else []
    assert found({"a": [1, {name: value}]}) == expected


@pytest.mark.parametrize("value", ["correct-horse", ACCOUNT_KEY, "Winter2026now"])
def test_the_value_is_not_kept(value: str) -> None:
    told = json.dumps(found({"password": value, "x": f"Password={value};AccountKey={value}"}))
    assert told.count("settings") == 2 and value not in told


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=30),
        lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=9), below, max_size=4),
        max_leaves=20,
    )
)
def test_settings_of_any_shape(settings: Any) -> None:
    assert isinstance(found(settings), list)


def test_too_deep_and_too_long_is_said() -> None:
    deep: Any = "x"
    for _ in range(30):
        deep = {"a": deep}
    with pytest.raises(ValueError, match="deeper"):
        found(deep)
    with pytest.raises(ValueError, match="longer"):
        found({"a": "x" * (MOST_CHARACTERS // 2), "b": "x" * (MOST_CHARACTERS // 2 + 1)})
    with pytest.raises(ValueError, match="userData"):
        in_user_data(resource({"userData": "A" * (MOST_CHARACTERS + 4)}))


@pytest.mark.parametrize(
    "unit", ["password ", "accountkey ", " -a", "sig=", "-----BEGIN A ", "gh", "pwd=", "x", " "]
)
def test_searching_takes_time_in_proportion(unit: str) -> None:
    text = (unit * MOST_CHARACTERS)[:MOST_CHARACTERS]
    started = time.process_time()
    found({"a": text})
    assert time.process_time() - started < 2
