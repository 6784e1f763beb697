"""Names that suggest a secret, in the ways that people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.secret_names import suggests_secret

SECRETS = [
    "DB_PASSWORD",
    "dbPassword",
    "db-password",
    "PGPASSWORD",
    "MYSQL_PWD",
    "smtp.passwd",
    "sshPassphrase",
    "DB_PASS",
    "CLIENT_SECRET",
    "AzureAd__ClientSecret",
    "MICROSOFT_PROVIDER_AUTHENTICATION_SECRET",
    "JWT_SECRET",
    "jwtSigningKey",
    "API_KEY",
    "ApiKey",
    "APIKEY",
    "x-api-key",
    "SENDGRID_APIKEY",
    "storageAccountKey",
    "StorageKey",
    "AccountKey1",
    "MASTER_KEY",
    "privateKey",
    "SharedAccessKey",
    "ServiceBus:SharedAccessKey",
    "GITHUB_TOKEN",
    "accessToken",
    "sasToken",
    "blobSas",
    "AZURE_DEVOPS_PAT",
    "PASSWORD_PRIMARY",
    "apiKeySecondary",
    "API_KEY_2",
    "token_prod",
    "DOCKER_REGISTRY_SERVER_PASSWORD",
]
OTHERS = [
    "PASSWORD_POLICY",
    "passwordLength",
    "PasswordResetUrl",
    "TOKEN_ENDPOINT",
    "tokenExpiry",
    "MAX_TOKENS",
    "KeyVaultSecretName",
    "SECRET_NAME",
    "secretUri",
    "keyVaultUri",
    "APPINSIGHTS_INSTRUMENTATIONKEY",
    "primaryKey",
    "partitionKey",
    "KEY",
    "key",
    "keyboard",
    "monkey",
    "COMPASS",
    "bypass",
    "spat",
    "WEBSITE_TIME_ZONE",
    "FUNCTIONS_WORKER_RUNTIME",
    "AzureWebJobsStorage__accountName",
    "publicKey",
    "tokenizer",
    "authority",
]


@pytest.mark.parametrize("name", SECRETS)
def test_secrets(name: str) -> None:
    assert suggests_secret(name)


@pytest.mark.parametrize("name", OTHERS)
def test_others(name: str) -> None:
    assert not suggests_secret(name)


@given(st.text(max_size=400))
def test_any_text_is_answered(name: str) -> None:
    assert suggests_secret(name) in (True, False)
