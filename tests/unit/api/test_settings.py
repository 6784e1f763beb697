"""Settings: what is required, what is refused, and the sample file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.principal import Role
from shared.settings import VARIABLES, CredentialKind, Settings, SettingsError

SAMPLE = Path(__file__).parents[3] / "local.settings.sample.json"
KEY = {"id": "ops", "name": "Ops", "role": "operator", "key": "k3jd8Qm20sLx7Vb5Tn1RzWq4"}
GOOD = {
    "Storage__connectionString": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc=",
    "ServiceBus": "Endpoint=sb://bus.test;SharedAccessKeyName=n;SharedAccessKey=abc=",
    "SECURITY_COPILOT_API_KEYS": json.dumps([KEY]),
    "SECURITY_COPILOT_API_KEY_PEPPER": "Wn6cT2fX8hV4jD1sG9kP5qM7bR3yL0zE",
    "SECURITY_COPILOT_CURSOR_SECRET": "Zp2mQ8vL5xK1tR7yB4nW9cJ3hF6dS0gA",
    "SECURITY_COPILOT_PUBLIC_URL": "https://scan.example.com/",
}


def read(**changes: str) -> Settings:
    return Settings.from_environment({**GOOD, **changes})


def problems(**changes: str) -> str:
    with pytest.raises(SettingsError) as failed:
        read(**changes)
    return str(failed.value)


def sample() -> dict[str, str]:
    values: dict[str, str] = json.loads(SAMPLE.read_text(encoding="utf-8"))["Values"]
    return values


def test_sample_names_every_variable_and_no_other() -> None:
    assert set(sample()) == {variable.name for variable in VARIABLES}


def test_sample_is_a_working_local_configuration() -> None:
    settings = Settings.from_environment(sample())
    assert {key.role for key in settings.identity.keys} == set(Role)


def test_sample_holds_the_defaults() -> None:
    for variable in VARIABLES:
        if variable.default is not None and variable.name != "SECURITY_COPILOT_CREDENTIAL":
            assert sample()[variable.name] == variable.default


def test_sample_secrets_are_refused_in_public() -> None:
    text = _failure({**sample(), "SECURITY_COPILOT_PUBLIC_URL": "https://scan.example.com"})
    assert "SECURITY_COPILOT_API_KEYS[0].key is a published local value" in text
    assert "SECURITY_COPILOT_CURSOR_SECRET is a published local value" in text


def _failure(values: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as failed:
        Settings.from_environment(values)
    return str(failed.value)


def test_defaults() -> None:
    settings = read()
    assert settings.api.public_url == "https://scan.example.com"
    assert settings.azure.credential is CredentialKind.DEFAULT
    assert settings.azure.arm_url == settings.azure.arm_audience == "https://management.azure.com"
    assert settings.event_grid is None
    assert settings.scan.environments == {}
    assert (settings.scan.stall_seconds, settings.scan.page_size) == (120, 1000)
    assert (settings.scan.check_min_seconds, settings.scan.check_max_seconds) == (0.1, 30)
    assert not settings.scan.strict_subscription_ids


def test_all_missing_are_named_at_once() -> None:
    text = _failure({})
    for name in (
        "AzureWebJobsStorage", "ServiceBus", "SECURITY_COPILOT_API_KEY_PEPPER",
        "SECURITY_COPILOT_CURSOR_SECRET", "SECURITY_COPILOT_PUBLIC_URL",
    ):  # fmt: skip
        assert f"{name} is required" in text


def test_identity_instead_of_secrets() -> None:
    settings = read(
        Storage__connectionString="",
        Storage__tableServiceUri="https://a.table.core.windows.net",
        Storage__blobServiceUri="https://a.blob.core.windows.net",
        ServiceBus="",
        ServiceBus__fullyQualifiedNamespace="bus.servicebus.windows.net",
    )
    assert settings.storage.connection_string is None
    assert settings.service_bus.connection_string is None
    assert settings.service_bus.fully_qualified_namespace == "bus.servicebus.windows.net"


def test_own_storage_goes_before_the_host_s() -> None:
    settings = read(AzureWebJobsStorage="AccountName=host")
    assert settings.storage.connection_string is not None
    assert "AccountName=a" in settings.storage.connection_string.get_secret_value()


def test_development_storage_is_azurite() -> None:
    settings = read(Storage__connectionString="", AzureWebJobsStorage="UseDevelopmentStorage=true")
    assert settings.storage.connection_string is not None
    assert "127.0.0.1:10002/devstoreaccount1" in settings.storage.connection_string.get_secret_value()


@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [
        ("Storage__connectionString", "nonsense", "is not a connection string"),
        ("Storage__connectionString", "AccountName=<name>;AccountKey=<key>", "is not a connection string"),
        ("Storage__tableServiceUri", "https://a.table.core.windows.net", "excludes"),
        ("ServiceBus__fullyQualifiedNamespace", "bus.servicebus.windows.net", "excludes"),
        ("EventGrid__topicKey", "abc", "EventGrid__topicEndpoint is required"),
        ("SECURITY_COPILOT_CURSOR_SECRET", "short", "at least 32"),
        ("SECURITY_COPILOT_CURSOR_SECRET", "changeme-changeme-changeme-changeme", "placeholder"),
        ("SECURITY_COPILOT_CURSOR_SECRET", "x" * 40, "placeholder"),
        ("SECURITY_COPILOT_CURSOR_SECRET", "<put a random secret of 32 characters>", "placeholder"),
        ("SECURITY_COPILOT_PUBLIC_URL", "scan.example.com", "absolute"),
        ("SECURITY_COPILOT_PUBLIC_URL", "http://scan.example.com", "https"),
        ("SECURITY_COPILOT_PUBLIC_URL", "https://u:p@scan.example.com", "user"),
        ("SECURITY_COPILOT_PUBLIC_URL", "https://scan.example.com?x=1", "query"),
        ("SECURITY_COPILOT_PUBLIC_URL", "https://[::1", "absolute"),
        ("ENVIRONMENTS", "[]", "JSON object"),
        ("ENVIRONMENTS", '{"a": []}', "ENVIRONMENTS.a"),
        ("ENVIRONMENTS", '{"a": [1]}', "ENVIRONMENTS.a"),
        ("ENVIRONMENTS", "{", "not valid JSON"),
        ("STRICT_SUBSCRIPTION_IDS", "maybe", "true or false"),
        ("SECURITY_COPILOT_CREDENTIAL", "password", "one of"),
        ("SECURITY_COPILOT_ARM_URL", "http://management.azure.com", "https"),
        ("SECURITY_COPILOT_PAGE_SIZE", "1001", "from 1 to 1000"),
        ("SECURITY_COPILOT_PAGE_SIZE", "10.5", "whole number"),
        ("SECURITY_COPILOT_SCAN_STALL_SECONDS", "nan", "number from"),
        ("SECURITY_COPILOT_CONFIRM_EXPOSURES", "perhaps", "true or false"),
        ("SECURITY_COPILOT_CONFIRM_PACKETS", "0", "from 1 to 1000"),
        ("SECURITY_COPILOT_CONFIRM_SECONDS", "0", "number from"),
        ("SECURITY_COPILOT_CHECK_MIN_SECONDS", "31", "must not exceed"),
        ("SECURITY_COPILOT_BLOB_CONTAINER", "No", "lower-case"),
        ("SECURITY_COPILOT_SECURITY_CONTACT", "somebody", "URI"),
    ],
)
def test_refusals(variable: str, value: str, part: str) -> None:
    text = problems(**{variable: value})
    assert variable in text
    assert part in text


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ("nope", "not valid JSON"),
        ([], "1 to 1000"),
        ({}, "1 to 1000"),
        ([{**KEY, "key": "short"}], "[0].key"),
        ([{**KEY, "key": "with blanks in the middle of it"}], "[0].key"),
        ([{**KEY, "key": "your-key-goes-here-0123456789"}], "placeholder"),
        ([{**KEY, "role": "root"}], "[0].role"),
        ([{**KEY, "extra": 1}], "[0].extra"),
        ([{"id": "x"}], "[0].key"),
        ([KEY, {**KEY, "key": "another-k3jd8Qm20sLx7Vb5Tn"}], "ids must be unique"),
        ([KEY, {**KEY, "id": "two"}], "keys must be unique"),
    ],
)
def test_bad_api_keys(keys: Any, part: str) -> None:
    text = problems(SECURITY_COPILOT_API_KEYS=keys if isinstance(keys, str) else json.dumps(keys))
    assert part in text


def test_secrets_show_nowhere() -> None:
    secret = KEY["key"]
    settings = read()
    assert secret not in repr(settings)
    assert secret not in settings.model_dump_json()
    assert secret not in problems(SECURITY_COPILOT_API_KEYS=json.dumps([{**KEY, "role": secret}]))
    assert GOOD["SECURITY_COPILOT_CURSOR_SECRET"] not in problems(STRICT_SUBSCRIPTION_IDS="maybe")


def test_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read().api.public_url = "https://other.test"  # type: ignore[misc]


def test_confirmation_is_off_by_default_and_bounded() -> None:
    assert read().scan.confirm is None
    wanted = read(SECURITY_COPILOT_CONFIRM_EXPOSURES="true").scan.confirm
    assert wanted is not None and (wanted.packets, wanted.seconds) == (20, 60)
    text = problems(SECURITY_COPILOT_CONFIRM_EXPOSURES="true", SECURITY_COPILOT_CONFIRM_SECONDS="61")
    assert "at most half of SECURITY_COPILOT_SCAN_STALL_SECONDS" in text
